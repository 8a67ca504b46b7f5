/**
 * Reads the kubeconfig as kubectl does: the files of KUBECONFIG, else ~/.kube/config. Everything
 * that is wrong with it is Trouble with the command to look.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { reasonOf, Trouble, word } from './trouble.js';

/**
 * @typedef {object} Access
 * @property {KubeConfig} kubeconfig with its current context set
 * @property {string} context
 * @property {string} server the API server's URL
 * @property {string} namespace the context's own
 */

/**
 * @param {string | undefined} wanted the context; without one the current
 * @param {{ readonly KUBECONFIG?: string | undefined, readonly home: string }} surroundings
 * @returns {Access}
 * @throws {Trouble}
 */
export function readKubeconfig(wanted, { KUBECONFIG, home }) {
  const kubeconfig = load(filesOf(KUBECONFIG, home));
  const context = wanted ?? kubeconfig.getCurrentContext();
  if (!context) {
    throw new Trouble('the kubeconfig has no current context', 'kubectl config get-contexts');
  }
  const chosen = kubeconfig.getContextObject(context);
  if (chosen === null) {
    throw new Trouble(`the kubeconfig has no context ${context}`, 'kubectl config get-contexts');
  }
  kubeconfig.setCurrentContext(context);
  const cluster = kubeconfig.getCurrentCluster();
  if (cluster === null) {
    throw new Trouble(
      `context ${context} names a cluster that the kubeconfig does not hold: ${chosen.cluster}`,
      'kubectl config get-clusters',
    );
  }
  refusePrograms(kubeconfig, context);
  return { kubeconfig, context, server: cluster.server, namespace: chosen.namespace ?? 'default' };
}

/**
 * @param {string | undefined} variable
 * @param {string} home
 */
function filesOf(variable, home) {
  const named = (variable ?? '').split(delimiter).filter((file) => file !== '');
  const files = named.length > 0 ? named : [join(home, '.kube', 'config')];
  // As for kubectl, one of several may be absent.
  const there = files.filter((file) => existsSync(file));
  if (there.length > 0) return there;
  const names = files.map(word).join(' ');
  throw new Trouble(
    `there is no kubeconfig that this source can read: ${files.join(', ')}`,
    `ls -l ${names}; the daemon has the KUBECONFIG of whoever started it: waitbus stop, and wait again`,
  );
}

/** @param {readonly string[]} files */
function load(files) {
  const all = new KubeConfig();
  for (const [index, file] of files.entries()) {
    try {
      const one = index === 0 ? all : new KubeConfig();
      one.loadFromFile(file);
      if (one !== all) all.mergeConfig(one);
    } catch (error) {
      throw new Trouble(
        `${file}: ${reasonOf(error)}`,
        `kubectl config view --kubeconfig ${word(file)}`,
      );
    }
  }
  return all;
}

/**
 * Credentials that another program hands out are not for this source: its manifest declares no
 * child process.
 * @param {KubeConfig} kubeconfig
 * @param {string} context
 */
function refusePrograms(kubeconfig, context) {
  const user = kubeconfig.getCurrentUser();
  const program = user?.exec?.command ?? user?.authProvider?.name;
  if (user === null || program === undefined) return;
  throw new Trouble(
    `context ${context} gets its credentials from the program ${program}, which this source does not run`,
    `kubectl config set-credentials ${word(user.name)} --token="$(kubectl create token default)"`,
  );
}
