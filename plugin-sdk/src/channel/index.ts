/** The pipe between the host and a source's process. */
export { CHANNEL_FD, FramedChannel, MAX_MESSAGE_BYTES, type ChannelEvents } from './channel.js';
