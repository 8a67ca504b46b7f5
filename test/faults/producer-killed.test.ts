/** Producers that die between frames, inside a frame and inside a request. */
import { producerKilled } from '../torture/acts/producer-killed.js';
import { testAct } from './play.js';

testAct(producerKilled, 'half a frame stores nothing, a request is all or none, others go on');
