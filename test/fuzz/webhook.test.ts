/** The corpus of webhook requests, and a short run of new ones. */
import { test } from 'node:test';
import { webhook } from './targets/webhook.js';
import { fuzz } from './target.js';

test('webhook: the corpus and new inputs', (t) => fuzz(t, webhook(), 500));
