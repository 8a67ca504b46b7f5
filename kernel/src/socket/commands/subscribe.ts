/**
 * `subscribe`: acknowledged first and exactly once, then replay, then live. The acknowledgement is
 * the barrier: what is committed after it is delivered.
 */
import { asWaitbusError, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { InterestGrant, SourceStateFrame, WaitNoteFrame } from '../../bus/interest.js';
import { MAX_FRAME_BYTES } from '../../store/event.js';
import { FIRST_ULID } from '../../store/ulid.js';
import type { Request } from '../connection.js';
import { encodeFrame } from '../frame.js';
import type { Session } from '../session.js';
import type { Command, CommandContext } from './context.js';
import { interestOf, parseSubscribe, type SubscribeRequest } from './parse-subscribe.js';

const PROTOCOL = 1;

export const subscribe: Command = (context, session, request) => {
  const { connection } = session;
  const { proto = PROTOCOL } = request;
  if (proto !== PROTOCOL) {
    reject(session, 'version', `this daemon speaks protocol ${PROTOCOL}`, 'Upgrade waitbus.');
    return;
  }
  if (session.subscription !== null) {
    throw new WaitbusError('WAITBUS_BAD_REQUEST', 'this connection has subscribed already');
  }
  let asked: SubscribeRequest;
  let grant: InterestGrant;
  try {
    asked = parseSubscribe(request);
    const tell = (frame: SourceStateFrame) => connection.send(frame);
    const note = (frame: WaitNoteFrame) => {
      if (session.subscription !== null) context.hub.tell(session.subscription, encodeFrame(frame));
    };
    grant = context.interest({ ...interestOf(asked), pid: session.pid, tell, note });
  } catch (cause) {
    refuse(session, request, asWaitbusError(cause));
    return;
  }
  session.interest = grant;
  acknowledge(context, session, asked, request['op'] === 'subscribe');
  grant.begin();
};

function acknowledge(
  { store, hub, heartbeatSec }: CommandContext,
  session: Session,
  asked: SubscribeRequest,
  knowsAdditions: boolean,
): void {
  const { connection, interest } = session;
  const head = store.head ?? FIRST_ULID;
  connection.send({
    kind: 'subscribe_ack',
    proto: PROTOCOL,
    caught_up_at: asked.since === null ? null : head,
    heartbeat_sec: heartbeatSec,
    max_frame_bytes: MAX_FRAME_BYTES,
    // Where a live subscriber stands before its first event, to resume from after a reconnect.
    ...(knowsAdditions ? { head } : {}),
  });
  const position =
    asked.since === null ? null : { seq: store.seqAtOrBefore(asked.since), eventId: asked.since };
  session.subscription = hub.subscribe(
    { ...asked, scopes: interest?.scopes ?? new Map() },
    connection,
    position,
    // Replay has no other end to be seen by: what it holds may not match.
    knowsAdditions ? () => connection.send({ kind: 'caught_up', head }) : undefined,
  );
}

function refuse(session: Session, request: Request, error: WaitbusError): void {
  if (error.code === 'WAITBUS_BAD_PREDICATE') {
    reject(session, 'predicate', error.message, error.remedy);
  } else if (error.code === 'WAITBUS_UNKNOWN_SOURCE') {
    reject(session, 'source', error.message, error.remedy);
  } else if (request['errors'] === true || session.connection.speaksOps) {
    session.connection.sendError(request['id'], error);
  } else {
    session.connection.end();
  }
}

function reject(session: Session, reason: string, message: string, remediation: string): void {
  session.connection.write(
    encodeFrame({
      kind: 'subscribe_rejected',
      reason,
      message,
      remediation,
      supported: [PROTOCOL],
    }),
  );
  session.connection.end();
}
