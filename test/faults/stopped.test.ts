/** SIGSTOP and SIGCONT of the daemon under load. */
import { stopped } from '../torture/acts/stopped.js';
import { testAct } from './play.js';

testAct(stopped, 'five stops under load lose, double and reorder nothing');
