/** 2,000 subscribers that reconnect at once, under load. */
import { reconnectStorm } from '../torture/acts/reconnect-storm.js';
import { testAct } from './play.js';

testAct(reconnectStorm, 'all are served again, and none misses or repeats an event');
