/** Orderly restarts under bare subscribers, the client library and a `wait` command. */
import { restarted } from '../torture/acts/restarted.js';
import { testAct } from './play.js';

testAct(restarted, 'every subscriber resumes from its cursor across four restarts');
