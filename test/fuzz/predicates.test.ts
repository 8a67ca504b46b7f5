/** The corpus of predicates, and a short run of new ones. */
import { test } from 'node:test';
import { predicates } from './targets/predicates.js';
import { fuzz } from './target.js';

test('predicates: the corpus and new inputs', (t) => fuzz(t, predicates, 3000));
