/** Kill -9 of the daemon under load: nothing that was acknowledged is lost, and nothing comes twice. */
import { killed } from '../torture/acts/killed.js';
import { testAct } from './play.js';

testAct(killed, 'ten kills under load lose, double and reorder nothing');
