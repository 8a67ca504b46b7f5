/** The corpus of lockfiles, and a short run of new ones. */
import { test } from 'node:test';
import { lockfile } from './targets/lockfile.js';
import { fuzz } from './target.js';

test('lockfile: the corpus and new inputs', (t) => fuzz(t, lockfile, 3000));
