/** Emits without a daemon, and a daemon that is killed while it takes them in. */
import { spool } from '../torture/acts/spool.js';
import { testAct } from './play.js';

testAct(spool, 'what was spooled is in the log, once');
