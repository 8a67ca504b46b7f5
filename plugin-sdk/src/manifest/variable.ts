/**
 * Which environment variables a manifest may name: pure. Some make the dynamic linker, a shell or an
 * interpreter load code, or name the program that another one runs: to set one for a whole shell, or
 * to pass one on to a source, is to run what no pin lists.
 */
import type { ShellVariable } from './entry.js';

/** They load code into any program, or into the source's own process. */
const LOADERS =
  /^(LD_.*|DYLD_.*|GCONV_PATH|GLIBC_TUNABLES|NODE_OPTIONS|NODE_REPL_EXTERNAL_MODULE|BASH_ENV|ENV|ZDOTDIR|SHELLOPTS|BASHOPTS|BASH_FUNC.*|PERL5OPT|PERL5DB|RUBYOPT|PYTHONSTARTUP|PYTHONHOME|PYTHONINSPECT|PYTHONEXECUTABLE|PYTHONBREAKPOINT|PYTHONWARNINGS|_?JAVA_.*OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|LUA_INIT.*|PHPRC|PHP_INI_SCAN_DIR)$/i;

/** They steer a shell and what people start from it, or waitbus itself. */
const SHELL =
  /^(PATH|HOME|SHELL|IFS|CDPATH|PS\d|PROMPT.*|RPROMPT|PRECMD|FPATH|TMPDIR|TMP|TEMP|XDG_.*|EDITOR|VISUAL|.*PAGER|BROWSER|LESSOPEN|LESSCLOSE|LESSKEY.*|GIT_.*|SSH_.*|SUDO_.*|NPM_CONFIG_.*|PIP_.*|UV_.*|CARGO_.*|RUSTC.*|MAKEFLAGS|CC|CXX|.*_PROXY|SSL_CERT_.*|NODE_EXTRA_CA_CERTS|NODE_TLS_.*|WAITBUS_.*)$/i;

/** Where interpreters look for modules: a path of the package, whose bytes are pinned, and no other. */
const MODULE_PATHS = /^(PYTHONPATH|PERL5LIB|RUBYLIB|NODE_PATH|LUA_C?PATH.*)$/i;

/** Why a source is not given a variable of the user's environment, or null. */
export function passedProblem(name: string): string | null {
  if (!LOADERS.test(name) && !MODULE_PATHS.test(name)) return null;
  return `${name} makes programs load code, and is not passed on`;
}

/** Why `waitbus source env` does not set a variable, or null. */
export function shellProblem(name: string, how: ShellVariable): string | null {
  if (LOADERS.test(name)) return `${name} makes every program of a shell load code`;
  if (SHELL.test(name)) return `${name} steers the whole shell`;
  if (MODULE_PATHS.test(name) && !('prependPath' in how)) {
    return `${name} may only have a prependPath: what lies elsewhere is not pinned`;
  }
  return null;
}
