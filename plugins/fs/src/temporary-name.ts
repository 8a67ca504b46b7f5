/**
 * Which file names belong to an editor's or a tool's work in progress and never to a finished file.
 * Pure. Names that could as well be somebody's real file are left out: for those the engine's look
 * at whether the file is still there has to do.
 */

const PATTERNS: readonly RegExp[] = [
  // vim, neovim, nano: swap files (.x.swp, .x.swo, ... .x.swa) and their probe .x.swpx. What vim
  // names them after those sixteen (.x.svz, ...) may as well be .x.svg or .x.sql.
  /^\.(?:.*\.)?sw[a-z]x?$/,
  // vim, emacs, nano, kate: backups x~ and x.~1~
  /~$/,
  // emacs: auto-save #x# and lock .#x
  /^#.*#$/,
  /^\.#/,
  // kate
  /\.kate-swp$/,
  // JetBrains: ___jb_tmp___, ___jb_old___, ___jb_bak___
  /___jb_[a-z]+___$/,
  // glib, and with it gedit
  /^\.goutputstream-/,
  // LibreOffice and Microsoft Office locks
  /^\.~lock\..*#$/,
  /^~\$/,
  // atomic writers: x.tmp, x.tmp.<pid>.<random>, x.<pid>.tmp, x.tmp-<random>
  /\.tmp$/i,
  /\.tmp[.-][0-9a-z_-]+(\.[0-9a-z_-]+)*$/i,
  // names that stand for a file deleted while open
  /^\.nfs[0-9a-f]{8,}$/,
  /^\.fuse_hidden[0-9a-f]{8,}$/,
];

const SED = /^sed([0-9A-Za-z]{6})$/;
const RSYNC = /^\..+\.([0-9A-Za-z]{6})$/;

/** Whether a file of this base name is never reported. */
export function isTemporaryName(name: string): boolean {
  if (PATTERNS.some((pattern) => pattern.test(name))) return true;
  const random = SED.exec(name)?.[1] ?? RSYNC.exec(name)?.[1];
  return (random !== undefined && looksRandom(random)) || isVimProbe(name);
}

/**
 * Whether the name has the form of sed's or rsync's temporary files, and six characters that may as
 * well be a word: it may be renamed in a moment.
 */
export function mayBeTemporary(name: string): boolean {
  return SED.test(name) || RSYNC.test(name);
}

/** mkstemp's six characters mix cases and digits; a word such as `config` does not. */
function looksRandom(text: string): boolean {
  return /.[A-Z]/.test(text) || /\d[a-z]/.test(text);
}

/** vim tries whether it may create files with the name 4913, and adds 123 while it is taken. */
function isVimProbe(name: string): boolean {
  return /^\d{4,5}$/.test(name) && Number(name) >= 4913 && (Number(name) - 4913) % 123 === 0;
}
