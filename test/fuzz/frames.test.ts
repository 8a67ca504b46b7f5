/** The corpus of frames, and a short run of new ones. */
import { test } from 'node:test';
import { frames } from './targets/frames.js';
import { fuzz } from './target.js';

test('frames: the corpus and new inputs', (t) => fuzz(t, frames, 1000));
