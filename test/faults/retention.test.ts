/** Retention by size and by age under load, with slow, frozen and resuming readers. */
import { retention } from '../torture/acts/retention.js';
import { testAct } from './play.js';

testAct(retention, 'every hole that a reader finds is covered by a gap, exactly');
