/** An agent in Node, on the client library. */
import { performAttached } from './attached.js';

await performAttached();
