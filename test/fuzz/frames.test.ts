import { test } from 'node:test';
import { frames } from './targets/frames.js';
import { fuzz } from './target.js';

<<<<<<< Updated upstream
test('frames: the corpus and new inputs', (t) => fuzz(t, frames, 3000));
=======
test('frames: the corpus and new inputs', (t) => fuzz(t, frames, 1000));
>>>>>>> Stashed changes
