/**
 * What goes wrong with a cluster, as an error with the command that shows why. Pure.
 */

/** Somebody has to do something about it; trying again alone does not help. */
export class Trouble extends Error {
  /**
   * @param {string} message
   * @param {string} remedy a command that works when pasted
   */
  constructor(message, remedy) {
    super(message);
    this.name = 'Trouble';
    this.remedy = remedy;
  }
}

/** An answer of the API server that is no success. */
export class StatusError extends Error {
  /**
   * @param {number} status HTTP status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.name = 'StatusError';
    this.status = status;
  }
}

/**
 * @typedef {object} Place
 * @property {string} context
 * @property {string} server
 * @property {string} resource pods or jobs
 * @property {string} namespace `*` for all
 */

/**
 * @param {unknown} error
 * @param {Place} place where it was met
 * @returns {Trouble}
 */
export function explain(error, { context, server, resource, namespace }) {
  if (error instanceof Trouble) return error;
  const who = `--context ${word(context)}`;
  const where = namespace === '*' ? '--all-namespaces' : `--namespace ${word(namespace)}`;
  const reason = reasonOf(error);
  const status = error instanceof StatusError ? error.status : null;
  if (status === 401) {
    return new Trouble(
      `the cluster of context ${context} does not accept the credentials of the kubeconfig: ${reason}`,
      `kubectl ${who} auth whoami`,
    );
  }
  if (status === 403) {
    return new Trouble(
      `context ${context} may not list and watch ${resource} in ${namespace}: ${reason}`,
      `kubectl ${who} auth can-i watch ${resource} ${where}`,
    );
  }
  if (status !== null) {
    return new Trouble(
      `context ${context} answered ${status} for ${resource}: ${reason}`,
      `kubectl ${who} get ${resource} ${where}`,
    );
  }
  if (namesFile(error)) {
    return new Trouble(
      `the kubeconfig names a file that this source cannot read: ${reason}`,
      'kubectl config view --raw --flatten > ~/.kube/flat; export KUBECONFIG=~/.kube/flat; waitbus stop',
    );
  }
  return new Trouble(
    `the cluster of context ${context} cannot be reached at ${server}: ${reason}`,
    `kubectl ${who} cluster-info`,
  );
}

/**
 * A certificate, key or token that lies apart from the kubeconfig.
 * @param {unknown} error
 */
function namesFile(error) {
  const { code, syscall } = /** @type {NodeJS.ErrnoException} */ (error);
  return code === 'ERR_ACCESS_DENIED' || syscall === 'open';
}

/**
 * Whether a further try could end otherwise by itself.
 * @param {unknown} error
 */
export function isLasting(error) {
  if (error instanceof Trouble) return true;
  return error instanceof StatusError && (error.status === 401 || error.status === 403);
}

/**
 * Whether the server no longer has the resource version that was asked for.
 * @param {unknown} error
 */
export function isGone(error) {
  return error instanceof StatusError && error.status === 410;
}

/**
 * The innermost message: that of fetch says only that it failed.
 * @param {unknown} error
 * @returns {string}
 */
export function reasonOf(error) {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return reasonOf(error.cause);
  const { code } = /** @type {NodeJS.ErrnoException} */ (error);
  return error.message || code || error.name;
}

/**
 * Text as one word of a shell.
 * @param {string} text
 */
export function word(text) {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
