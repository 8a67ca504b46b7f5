/**
 * How likely a file name is to belong to an editor's or a tool's work in progress, gone or renamed
 * within the moment. Pure. A name alone leaves nothing out: it only decides how long the file is
 * given to go.
 */

const PATTERNS: readonly RegExp[] = [
  // vim, neovim, nano: swap files (.x.swp, .x.swo, ... .x.swa) and their probe .x.swpx. What vim
  // names them after those sixteen (.x.svz, ...) may as well be .x.svg or .x.sql.
  /^\.(?:.*\.)?sw[a-z]x?$/s,
  // vim, emacs, nano, kate: backups x~ and x.~1~
  /~$/,
  // emacs: auto-save #x# and lock .#x
  /^#.*#$/s,
  /^\.#/,
  // kate
  /\.kate-swp$/,
  // JetBrains: ___jb_tmp___, ___jb_old___, ___jb_bak___
  /___jb_[a-z]+___$/,
  // glib, and with it gedit
  /^\.goutputstream-/,
  // LibreOffice and Microsoft Office locks
  /^\.~lock\..*#$/s,
  /^~\$/,
  // atomic writers: x.tmp, x.tmp.<pid>.<random>, x.<pid>.tmp, x.tmp-<random>
  /\.tmp$/i,
  /\.tmp[.-][0-9a-z_-]+(\.[0-9a-z_-]+)*$/i,
  // names that stand for a file deleted while open
  /^\.nfs[0-9a-f]{8,}$/,
  /^\.fuse_hidden[0-9a-f]{8,}$/,
];

const SED = /^sed([0-9A-Za-z]{6})$/;
const RSYNC = /^\..+\.([0-9A-Za-z]{6})$/s;

/**
 * `likely`: the form of a known tool's temporary file. `possible`: the form of sed's or rsync's, and
 * six characters that may as well be a word.
 */
export type Likelihood = 'none' | 'possible' | 'likely';

export function temporaryLikelihood(name: string): Likelihood {
  if (PATTERNS.some((pattern) => pattern.test(name)) || isVimProbe(name)) return 'likely';
  const random = SED.exec(name)?.[1] ?? RSYNC.exec(name)?.[1];
  if (random === undefined) return 'none';
  return looksRandom(random) ? 'likely' : 'possible';
}

/** mkstemp's six characters mix cases and digits; a word such as `config` does not. */
function looksRandom(text: string): boolean {
  return /.[A-Z]/.test(text) || /\d[a-z]/.test(text);
}

/** vim tries whether it may create files with the name 4913, and adds 123 while it is taken. */
function isVimProbe(name: string): boolean {
  return /^\d{4,5}$/.test(name) && Number(name) >= 4913 && (Number(name) - 4913) % 123 === 0;
}
