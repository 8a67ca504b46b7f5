/** What the relay of the floor and its clients say to each other besides events. */
import { encodeText } from '@waitbus/kernel/frame';

/** The first frame of a connection. */
export const ROLE = { producer: '{"role":"producer"}', subscriber: '{"role":"subscriber"}' };
/** The relay's answer to an event that it has passed on, and to a subscriber. */
export const ACK = encodeText('{"ok":1}');
