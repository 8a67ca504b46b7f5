/** A frozen subscriber and 100,000 events; a million with `npm run torture -- --full`. */
import { frozenMillion } from '../torture/acts/frozen-million.js';
import { testAct } from './play.js';

testAct(frozenMillion, 'the daemon stays within its memory, and the frozen gets all');
