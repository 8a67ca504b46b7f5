/** The corpus of manifests, and a short run of new ones. */
import { test } from 'node:test';
import { manifest } from './targets/manifest.js';
import { fuzz } from './target.js';

test('manifest: the corpus and new inputs', (t) => fuzz(t, manifest, 3000));
