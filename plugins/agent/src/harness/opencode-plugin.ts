/**
 * The plugin that opencode loads: it hands opencode's events to `waitbus hook opencode` and, while a
 * session is idle, keeps one such hook waiting, whose answer it submits as a prompt. What it says
 * takes no part in a turn; nothing that fails here reaches opencode.
 */

/** @param command argv that runs waitbus */
export function pluginSource(command: readonly string[]): string {
  return `// Written by waitbus install opencode; waitbus uninstall opencode removes it.
import { spawn } from 'node:child_process';

const COMMAND = ${JSON.stringify(command)};
const IDLE_HOLD = '24h';
const PATIENCE_MS = 1500;

/** Runs one hook; resolves with what it says, or null. */
function hook(event, body, options = []) {
  const [program, ...args] = [...COMMAND, 'hook', 'opencode', event, ...options];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const said = new Promise((resolve) => {
    let text = '';
    child.on('error', () => resolve(null));
    child.stdout.setEncoding('utf8').on('data', (more) => (text += more));
    child.on('close', () => {
      try {
        resolve(JSON.parse(text));
      } catch {
        resolve(null);
      }
    });
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(body));
  return { child, said };
}

const late = () => new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, null).unref?.());

export const Waitbus = async ({ client, directory }) => {
  /** By id: what the model is to know of the bus, and the hook that waits while it is idle. */
  const sessions = new Map();
  const parents = new Map();

  const tell = (event, properties, id) =>
    hook(event, { type: event, properties, directory, parent: parents.get(id) }).said;

  const know = (id, event, properties) => {
    if (id === undefined || sessions.has(id) || parents.has(id)) return;
    sessions.set(id, { context: tell(event, properties, id), waiting: null });
  };

  const stopWaiting = (id) => {
    const session = sessions.get(id);
    session?.waiting?.kill();
    if (session !== undefined) session.waiting = null;
  };

  const wait = async (id) => {
    const session = sessions.get(id);
    if (session === undefined) return;
    stopWaiting(id);
    const properties = { sessionID: id };
    const body = { type: 'session.waiting', properties, directory };
    const { child, said } = hook('session.waiting', body, ['--hold', IDLE_HOLD]);
    session.waiting = child;
    // It is no reason for opencode to stay.
    child.unref();
    for (const stream of [child.stdin, child.stdout]) stream.unref?.();
    const answer = await said;
    if (session.waiting === child) session.waiting = null;
    if (typeof answer?.prompt !== 'string') return;
    const parts = [{ type: 'text', text: answer.prompt }];
    await client.session.promptAsync({ path: { id }, body: { parts } });
  };

  process.on('exit', () => {
    for (const id of sessions.keys()) stopWaiting(id);
  });

  const heard = (event) => {
    const { type, properties = {} } = event;
    const id = properties.sessionID ?? properties.info?.id;
    switch (type) {
      case 'session.created':
        if (properties.info?.parentID === undefined) return know(id, type, properties);
        parents.set(id, properties.info.parentID);
        return tell(type, properties, id);
      case 'session.status':
        know(id, 'session.resumed', { sessionID: id });
        if (properties.status?.type === 'busy') stopWaiting(id);
        return;
      case 'session.idle':
        void Promise.resolve(tell(type, properties, id)).catch(() => undefined);
        return wait(id);
      case 'session.error':
      case 'session.deleted':
      case 'permission.asked':
      case 'permission.updated':
        return tell(type, properties, id);
    }
  };

  return {
    event: async ({ event }) => {
      // Not awaited: opencode would wait for it.
      void Promise.resolve()
        .then(() => heard(event))
        .catch(() => undefined);
    },
    'tool.execute.after': async ({ tool, sessionID, callID, args }) => {
      if (!['edit', 'write', 'multiedit', 'patch', 'apply_patch'].includes(tool)) return;
      const { filePath, patchText } = args ?? {};
      const properties = { tool, sessionID, callID, args: { filePath, patchText } };
      void tell('tool.execute.after', properties, sessionID).catch(() => undefined);
    },
    'experimental.chat.system.transform': async ({ sessionID }, output) => {
      const context = sessions.get(sessionID)?.context;
      const answer = await Promise.race([context, late()]);
      if (typeof answer?.context === 'string') output.system.push(answer.context);
    },
    dispose: async () => {
      for (const id of sessions.keys()) stopWaiting(id);
      const ended = [...sessions.keys()].map((id) => tell('session.ended', { sessionID: id }, id));
      await Promise.race([Promise.all(ended), late()]);
    },
  };
};
`;
}
