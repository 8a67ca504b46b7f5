/** Tells that source files below a directory were saved: once for a burst, whatever the editor does. */
import { readdirSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';

const SOURCE_FILE = /\.(?:[cm]?[jt]s|json)$/;
/** A save of several files, or one that is a write and a rename, is one. */
const QUIET_MS = 100;

/**
 * @param ignored whether a directory of this name is left out, at any depth
 * @returns ends it
 */
export function watchSaves(
  directory: string,
  ignored: (name: string) => boolean,
  onSave: () => void,
): () => void {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  const add = (path: string): void => {
    if (!watchers.has(path)) {
      try {
        const watcher = watch(path, (_event, name) => changed(path, name));
        // A directory that is removed takes its watcher with it.
        watcher.on('error', () => forget(path));
        watchers.set(path, watcher);
      } catch {
        return;
      }
    }
    for (const entry of list(path)) {
      if (entry.isDirectory() && !ignored(entry.name)) add(join(path, entry.name));
    }
  };
  const forget = (path: string): void => {
    watchers.get(path)?.close();
    watchers.delete(path);
  };
  const changed = (path: string, name: string | null): void => {
    // A new directory is watched as well; what came in before it was is a save, too.
    const known = watchers.size;
    add(path);
    if (watchers.size === known && name !== null && !SOURCE_FILE.test(name)) return;
    clearTimeout(timer);
    timer = setTimeout(onSave, QUIET_MS);
  };
  add(directory);
  return () => {
    clearTimeout(timer);
    for (const path of [...watchers.keys()]) forget(path);
  };
}

function list(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}
