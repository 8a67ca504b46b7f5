/**
 * The families of agents: what each is made of, whether this machine has it, and how one is started.
 * What is absent is named with its reason, never left out.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { candidatePackages, findInstallation } from '../installation.js';

export interface Family {
  readonly name: string;
  /** For people: the language and what it hears the bus through. */
  readonly title: string;
  /** Why it cannot be played here; null when it can. */
  readonly absent: string | null;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Runs under `waitbus run`, which tells of its death: it has no connection of its own that lasts. */
  readonly wrapped: boolean;
  /** It is subscribed also in the middle of a turn. */
  readonly listensAlways: boolean;
  /** It can be asked to claim a path. */
  readonly claims: boolean;
}

/** The directory of the compiled agents, and the programs beside them. */
export interface Place {
  readonly agents: string;
  readonly waitbus: string;
}

export function ourPlace(): Place {
  const dist = join(findInstallation().packageRoot, 'dist');
  return { agents: join(dist, 'stress', 'agents'), waitbus: join(dist, 'bin', 'waitbus.js') };
}

/** @param from where frameworks are looked for: they are the user's, not ours */
export async function findFamilies(from: string, place = ourPlace()): Promise<readonly Family[]> {
  const node = (name: string, title: string, rest: Partial<Family> = {}): Family => ({
    name,
    title,
    absent: null,
    program: process.execPath,
    args: [join(place.agents, `${name}.js`)],
    env: {},
    wrapped: false,
    listensAlways: true,
    claims: true,
    ...rest,
  });
  const pythonPath = pythonModules();
  const [python, shell, mcp] = await Promise.all([noPython(pythonPath), noBash(), noMcp(place)]);
  return [
    node('node', 'Node, the client library'),
    {
      ...node('python', 'Python, its client'),
      absent: python,
      program: 'python3',
      args: [join(place.agents, 'agent.py')],
      env: { PYTHONPATH: pythonPath, PYTHONDONTWRITEBYTECODE: '1' },
      wrapped: true,
      claims: false,
    },
    {
      ...node('shell', 'bash, waitbus wait and emit'),
      absent: shell,
      program: 'bash',
      args: [join(place.agents, 'agent.sh')],
      env: { WAITBUS_SWARM_NODE: process.execPath, WAITBUS_SWARM_PROGRAM: place.waitbus },
      wrapped: true,
      listensAlways: false,
    },
    node('mcp', 'an MCP client, waitbus mcp', {
      absent: mcp,
      env: { WAITBUS_SWARM_PROGRAM: place.waitbus },
      wrapped: true,
      claims: false,
      listensAlways: false,
    }),
    node('langgraph', 'LangGraph.js, a fake model', {
      absent: noLangGraph(from),
      env: { WAITBUS_SWARM_FROM: from },
    }),
  ];
}

/** Where Python looks: the client that comes with the source agent, then what the user has. */
function pythonModules(): string {
  const ours = candidatePackages(findInstallation())
    .map((path) => join(path, 'python', 'waitbus_loader-1-py3-none-any.whl'))
    .filter((path) => existsSync(path));
  return [...ours, process.env['PYTHONPATH'] ?? ''].filter((path) => path !== '').join(delimiter);
}

async function noPython(PYTHONPATH: string): Promise<string | null> {
  const has = (code: string) => output('python3', ['-c', code], { PYTHONPATH });
  if ((await has('')) === null) return 'there is no python3 on PATH';
  if ((await has('import sys; assert sys.version_info >= (3, 9)')) === null) {
    return 'python3 is older than 3.9';
  }
  const client = await has('import waitbus; waitbus.subscribe');
  return client === null ? 'the Python client is not installed' : null;
}

async function noBash(): Promise<string | null> {
  const said = await output('bash', ['-c', 'echo "${EPOCHREALTIME:+it has a clock}"']);
  if (said === null) return 'there is no bash on PATH';
  return said === '' ? 'bash is older than 5' : null;
}

async function noMcp({ waitbus }: Place): Promise<string | null> {
  const said = await output(process.execPath, [waitbus, 'mcp', '--help']);
  return said === null ? 'this waitbus has no mcp command' : null;
}

function noLangGraph(from: string): string | null {
  const { resolve } = createRequire(join(from, 'package.json'));
  for (const name of ['@langchain/langgraph', '@langchain/core/utils/testing']) {
    try {
      resolve(name);
    } catch {
      return `${name} is not installed in ${from} or above it`;
    }
  }
  return null;
}

/** What a program printed, trimmed; null when it cannot be run or fails. */
function output(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string | null> {
  const options = { timeout: 20_000, env: { ...process.env, ...env } };
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout) =>
      resolve(error === null ? stdout.trim() : null),
    );
  });
}

/** Whether a program is on PATH, without running it. */
export function onPath(program: string, env: NodeJS.ProcessEnv = process.env): boolean {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .some((path) => path !== '' && existsSync(join(path, program)));
}
