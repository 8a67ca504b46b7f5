/**
 * The kernel as a whole: store, bus and socket put together, and nothing that knows a source.
 */
import { dirname, join } from 'node:path';
import { checkEnvelope, type CheckedEvent, type WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { Hub } from './bus/hub.js';
import { NO_HOST, type SourceHost } from './bus/interest.js';
import { paced } from './bus/paced.js';
import { Publisher } from './bus/publisher.js';
import type { Sink, Subscription, SubscriptionRequest } from './bus/subscription.js';
import { Holds } from './holds/holds.js';
import { takingOver } from './holds/journal.js';
import { directoriesOf, lockOf, takeLocks } from './locks.js';
import { collectEvery } from './os/young-garbage.js';
import { added, type Answer } from './socket/commands/added.js';
import type { CommandContext } from './socket/commands/context.js';
import { encodeFrame } from './socket/frame.js';
import type { Predicate } from './predicate/index.js';
import { Presence } from './presence.js';
import { SocketServer } from './socket/server.js';
import type { EmitResult } from './store/append.js';
import type { Durability } from './store/open.js';
import type { RetentionLimits } from './store/retention.js';
import { seenLately } from './store/lately.js';
import { Store } from './store/store.js';
import { Upkeep } from './store/upkeep.js';
import { Watches } from './watches/watches.js';

export interface KernelLog {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface KernelOptions {
  readonly paths: {
    /** The store, `events.db`; its directory is created. */
    readonly store: string;
    /** The socket, `broadcast.sock`; its directory is created, 0700. */
    readonly socket: string;
  };
  readonly log: KernelLog;
  /** The clock, in milliseconds since the epoch. */
  readonly now?: () => number;
  readonly durability?: Durability;
  readonly retention?: RetentionLimits;
  /** Seconds between heartbeats to subscribers. */
  readonly heartbeatSec?: number;
  /** Whether a process of the user's own may not connect, asked at accept. Default: all may. */
  readonly isBarred?: (pid: number) => boolean;
  /** Called with every heartbeat, for what is to be tried again now and then. */
  readonly onHeartbeat?: () => void;
  /**
   * The store or the socket is not at its path any more. Nothing is acknowledged into a store that
   * is gone; the kernel is of no more use and should be closed.
   */
  readonly onLost?: (error: WaitbusError) => void;
  /** What `status` says besides what the kernel knows. */
  readonly describe?: () => object;
}

export interface Kernel {
  /**
   * Publishes events, all or none, as `emit` on the socket does.
   * @throws WaitbusError the code that the wire would have carried
   */
  readonly publish: (events: readonly unknown[]) => Promise<readonly EmitResult[]>;
  /** Subscribes within the process, from now on. */
  subscribe(request: SubscriptionRequest, sink: Sink): Subscription;
  unsubscribe(subscription: Subscription): void;
  /** Whether one of the newest `rows` events meets `common` and one of the others. */
  seenLately(common: Predicate, anyOf: readonly Predicate[], rows: number): boolean;
  /** Sets who answers for sources. */
  onInterest(host: SourceHost): void;
  /** Adds a request of the wire. */
  handle(op: string, answer: Answer): void;
  /** Reads the whole store, serving nobody meanwhile; not a larger one. @throws WAITBUS_STORE_CORRUPT */
  verifyStore(maxBytes: number): boolean;
  /** Begins to accept connections. */
  listen(): Promise<void>;
  /** Ends all connections, commits what is pending, closes the store. */
  close(): void;
}

const HEARTBEAT_SEC = 60;

/**
 * Opens the store and takes the locks; nobody can connect before `listen`.
 * @throws WaitbusError WAITBUS_ALREADY_RUNNING, WAITBUS_STORE_*, WAITBUS_SOCKET_PATH
 */
export function openKernel(options: KernelOptions): Kernel {
  const { paths, log, describe = () => ({}) } = options;
  const now = options.now ?? Date.now;
  const heartbeatSec = options.heartbeatSec ?? HEARTBEAT_SEC;
  const uid = process.getuid?.() ?? -1;
  const release = takeLocks(paths);

  let store: Store;
  try {
    store = new Store({ file: paths.store, now, durability: options.durability ?? 'normal' });
  } catch (error) {
    release();
    throw error;
  }
  const defer = paced({ nextTurn: setImmediate, clock: () => performance.now() });
  const hub = new Hub({
    log: store,
    defer,
    gapFrame: (after, floor) => encodeFrame({ kind: 'gap', after, floor }),
    onReadError: (error) => log.error({ err: error }, 'a replay could not be read'),
    onCopied: collectEvery(),
  });
  const upkeep = new Upkeep({
    store,
    retention: options.retention ?? {},
    now,
    defer,
    onError: (error, what) => log.error({ err: error }, what),
  });
  let presence: Presence | null = null;
  const publisher = new Publisher(
    {
      append: (units) => {
        const error = presence?.refusal() ?? null;
        if (error === null) return store.append(units);
        return { outcomes: units.map(() => ({ error })), committed: [] };
      },
    },
    hub,
    () => upkeep.afterCommit(),
  );
  let host: SourceHost = NO_HOST;
  const checkEvent = (value: unknown): CheckedEvent => {
    const event = checkEnvelope(value);
    host.checkSource(event.source);
    return event;
  };
  const holds = new Holds({
    journal: takingOver(store.holds, join(dirname(paths.store), 'holds.json')),
    publish: (one, done) => publisher.publish([one], done),
    checkEvent,
    now,
    log,
  });
  const watches = new Watches({
    store,
    hub,
    interest: (asked) => host.interest(asked),
    now,
    defer,
    onError: (error) => log.error({ err: error }, 'a watch could not look on'),
  });
  const context: CommandContext = {
    store,
    hub,
    publisher,
    holds,
    watches,
    now,
    heartbeatSec,
    checkEvent,
    interest: (asked) => host.interest(asked),
    describe: () => {
      const present = server.present();
      return { attached: present.map(({ name }) => name), present, ...describe() };
    },
  };
  const server = new SocketServer({
    path: paths.socket,
    uid,
    isBarred: options.isBarred ?? (() => false),
    context,
    log,
    publishWill: (will, name) => {
      log.info({ name, event_type: will.event_type }, 'publishing a last will');
      publisher.publish([will], ({ error }) => {
        if (error !== undefined) log.error({ err: error, name }, 'a last will could not be stored');
      });
    },
  });

  const started = now();
  let timer: NodeJS.Timeout | null = null;
  const beat = () => {
    hub.broadcast(
      encodeFrame({
        kind: 'daemon_heartbeat',
        ts: new Date(now()).toISOString(),
        uptime_sec: Math.max(0, Math.round((now() - started) / 1000)),
      }),
    );
    presence?.look();
    upkeep.look();
    watches.forgetUnused();
    options.onHeartbeat?.();
  };

  return {
    publish: async (events) => {
      const checked = events.map(checkEvent);
      return new Promise((resolve, reject) => {
        publisher.publish(checked, (outcome) => {
          if (outcome.error === undefined) resolve(outcome.results);
          else reject(outcome.error);
        });
      });
    },
    subscribe: (request, sink) => hub.subscribe(request, sink, null),
    unsubscribe: (subscription) => hub.unsubscribe(subscription),
    seenLately: (common, anyOf, rows) => seenLately(store, common, anyOf, rows),
    onInterest: (newHost) => void (host = newHost),
    handle: (op, answer) => server.handle(op, added(answer)),
    verifyStore: (maxBytes) => {
      const isSmall = store.usedBytes() <= maxBytes;
      if (isSmall) store.verify();
      return isSmall;
    },
    listen: async () => {
      holds.start();
      await server.listen();
      presence = new Presence({
        store: [paths.store, `${paths.store}-wal`, `${paths.store}-shm`],
        meeting: [paths.socket, ...directoriesOf(paths).map(lockOf)],
        watched: [paths.store, dirname(paths.socket)],
        onLost: (error) => options.onLost?.(error),
      });
      upkeep.look();
      timer = setInterval(beat, heartbeatSec * 1000);
    },
    close: () => {
      if (timer !== null) clearInterval(timer);
      holds.close();
      watches.close();
      publisher.flush();
      presence?.close();
      upkeep.close();
      server.close();
      hub.close();
      store.close();
      release();
    },
  };
}
