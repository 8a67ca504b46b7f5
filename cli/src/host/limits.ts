/**
 * What holds a source's process on this system, beside the model of its Node: from its capabilities to
 * the limits that the kernel keeps it to.
 */
import { confinement, type ConfinedLimits } from '@waitbus/kernel/confine';
import type { Capabilities } from '@waitbus/plugin-sdk/manifest';
import { hasUnixSockets, pathsOf, type Means, type Places } from '@waitbus/plugin-sdk/permissions';
import { systemFiles } from './system-files.js';

/** What a source is held to by the Node of this process and the kernel below it. */
export function meansHere(): Means {
  return { nodeVersion: process.versions.node, kernel: landlockHere() !== null };
}

/** The version of Landlock that holds sources; null where none does. */
export function landlockHere(): number | null {
  try {
    return confinement()?.abi ?? null;
  } catch {
    // Not known just now: nothing is said to be held. A source is not started then.
    return null;
  }
}

/** A line for people. */
export function describeMeans({ nodeVersion }: Means): string {
  const abi = landlockHere();
  return abi === null
    ? `held by Node ${nodeVersion} alone: the kernel offers no Landlock that waitbus can use`
    : `held by the kernel (Landlock ABI ${abi}, seccomp) and by Node ${nodeVersion}`;
}

/** @param env what the process is started with */
export function limitsOf(
  capabilities: Capabilities,
  places: Places,
  execPath: string,
  env: NodeJS.ProcessEnv,
): ConfinedLimits {
  const net = capabilities.net.length > 0;
  const programs = capabilities.childProcess.length > 0;
  const limits = { net, programs, unix: hasUnixSockets(capabilities) };
  // What other programs read and write to do their work, nobody has declared.
  if (programs) return { ...limits, files: null };
  const { read, write } = pathsOf(capabilities, places);
  const system = systemFiles(net);
  const certificates = env['NODE_EXTRA_CA_CERTS'];
  return {
    ...limits,
    files: {
      read: [...system.read, ...read, ...(certificates === undefined ? [] : [certificates])],
      write: [...system.write, ...write],
      execute: [execPath, ...system.loaders],
    },
  };
}
