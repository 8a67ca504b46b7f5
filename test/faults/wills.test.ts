/** Attached clients that are killed, detach, or are killed while they detach. */
import { wills } from '../torture/acts/wills.js';
import { testAct } from './play.js';

testAct(wills, 'each will is published once, and none of who detached');
