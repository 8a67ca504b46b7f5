/**
 * Names that become paths, one pattern each: of a package, of a version, and of the place of a
 * dependency below a prefix. Checked where a lock, a manifest or a command line is read. Free of the
 * schema library.
 */

/** One name of npm: a dot neither first nor last, so that it is no path of its own. */
const NEW = '[a-z0-9~-](?:[a-z0-9._~-]*[a-z0-9_~-])?';
/** Old packages that others depend on have capitals. */
const OLD = '[A-Za-z0-9~-](?:[A-Za-z0-9._~-]*[A-Za-z0-9_~-])?';
const PART = '(?:0|[1-9][0-9]{0,15})';
const LABELS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const SEMVER = `${PART}\\.${PART}\\.${PART}(?:-${LABELS})?(?:\\+${LABELS})?`;
const DEPENDENCY = `(?:@${OLD}/)?(?!node_modules(?:/|$))${OLD}`;

const PACKAGE_NAME = new RegExp(`^(?:@${NEW}/)?(?!node_modules$)${NEW}$`);
const VERSION = new RegExp(`^${SEMVER}$`);
const DEPENDENCY_PATH = new RegExp(`^node_modules/${DEPENDENCY}(?:/node_modules/${DEPENDENCY})*$`);
const ALIAS = new RegExp(`^npm:(?:@${OLD}/)?${OLD}@${SEMVER}$`);

/** What npm allows a name to have. */
const MAX_NAME = 214;
/** Together with a hash it is the name of one directory. */
const MAX_VERSION = 128;
const MAX_PATH = 1024;

/** The name of a source package, as npm takes it for one that is new. */
export function isPackageName(name: unknown): boolean {
  return typeof name === 'string' && name.length <= MAX_NAME && PACKAGE_NAME.test(name);
}

/** A semantic version as package.json writes it, without `v` or spaces. */
export function isVersion(version: unknown): boolean {
  return typeof version === 'string' && version.length <= MAX_VERSION && VERSION.test(version);
}

/** Where a dependency lies below a prefix: `node_modules/NAME`, nested as npm nests. */
export function isDependencyPath(path: unknown): boolean {
  return (
    typeof path === 'string' &&
    path.length <= MAX_PATH &&
    DEPENDENCY_PATH.test(path) &&
    path.split('/').every((segment) => segment.length <= MAX_NAME)
  );
}

/** The version of a dependency, or `npm:NAME@VERSION` where its place has another name. */
export function isDependencyVersion(version: unknown): boolean {
  if (isVersion(version)) return true;
  return (
    typeof version === 'string' && version.length <= MAX_NAME + MAX_VERSION && ALIAS.test(version)
  );
}
