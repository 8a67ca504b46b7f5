/** The corpus of requests, and a short run of new ones. */
import { test } from 'node:test';
import { requests } from './targets/requests.js';
import { fuzz } from './target.js';

test('requests: the corpus and new inputs', (t) => fuzz(t, requests(), 300));
