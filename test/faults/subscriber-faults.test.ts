/** Subscribers that are killed, frozen or slow. */
import { subscriberFaults } from '../torture/acts/subscriber-faults.js';
import { testAct } from './play.js';

testAct(subscriberFaults, 'the others lose nothing, the frozen gets all, memory is bounded');
