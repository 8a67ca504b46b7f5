/**
 * Checks of a lock's members, written by hand so that the daemon, which reads its lock at every
 * start, needs no schema library for it. A check appends every problem that it finds.
 */

/** @param path where the value stands, for messages */
export type Check = (value: unknown, path: string, problems: string[]) => void;

export function matching(pattern: RegExp, problem: string): Check {
  return that((value) => typeof value === 'string' && pattern.test(value), problem);
}

export function oneOf(...values: readonly unknown[]): Check {
  return that((value) => values.includes(value), `must be one of ${values.map(String).join(', ')}`);
}

export const isText: Check = that((value) => typeof value === 'string', 'must be a string');
export const isFlag: Check = that((value) => typeof value === 'boolean', 'must be true or false');

export function nullOr(check: Check): Check {
  return (value, path, problems) => {
    if (value !== null) check(value, path, problems);
  };
}

export function listOf(check: Check): Check {
  return (value, path, problems) => {
    if (!Array.isArray(value)) problems.push(`${path}: must be a list`);
    else value.forEach((member, index) => check(member, `${path}.${index}`, problems));
  };
}

/**
 * An object whose keys and values all pass a check.
 * @param keyProblem what is said of a key that does not
 */
export function mapOf(isKey: (key: string) => boolean, keyProblem: string, check: Check): Check {
  return (value, path, problems) => {
    if (!isObject(value)) {
      problems.push(`${path}: must be an object`);
      return;
    }
    for (const [key, member] of Object.entries(value)) {
      if (isKey(key)) check(member, `${path}.${key}`, problems);
      else problems.push(`${path}: ${JSON.stringify(key)} ${keyProblem}`);
    }
  };
}

/** Several checks of one value. */
export function every(...checks: readonly Check[]): Check {
  return (value, path, problems) => {
    for (const check of checks) check(value, path, problems);
  };
}

/** An object with exactly these members. */
export function members(checks: Readonly<Record<string, Check>>): Check {
  return (value, path, problems) => {
    const prefix = path === '' ? '' : `${path}.`;
    if (!isObject(value)) {
      problems.push(`${path === '' ? 'the file' : path}: must be an object`);
      return;
    }
    for (const [key, check] of Object.entries(checks)) {
      if (Object.hasOwn(value, key)) check(value[key], `${prefix}${key}`, problems);
      else problems.push(`${prefix}${key}: is missing`);
    }
    for (const key of Object.keys(value)) {
      if (Object.hasOwn(checks, key)) continue;
      problems.push(`${path === '' ? 'the file' : path}: unknown member ${JSON.stringify(key)}`);
    }
  };
}

export function that(holds: (value: unknown) => boolean, problem: string): Check {
  return (value, path, problems) => {
    if (!holds(value)) problems.push(`${path}: ${problem}`);
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
