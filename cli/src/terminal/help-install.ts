/** The help texts of install and uninstall. */

export const INSTALL_HELP: Readonly<Record<string, string>> = {
  install: `usage: waitbus install HARNESS... [options]
       waitbus install --all [options]

Lets coding agents' harnesses run waitbus: hooks that tell the bus what their sessions do and wake
them, and the tools of waitbus mcp. Merges into the files that are there, and keeps every comment and
key of them. Shows each edit as a diff, keeps a backup, and changes all files of a harness or none.
A second time it changes nothing; after an update of waitbus it brings the edits up to date.

HARNESS is claude, codex, gemini, copilot, opencode, cursor, windsurf, cline or aider.

  --all       those that are found here, by their programs on PATH and their directories
  --user      for all that you do (default, where the harness has that)
  --project   in this project: the checkout that the working directory is in, else that directory
  --dry-run   show the diff, change nothing
  --replace   where something of yours stands in the way, put ours there
  --json      what was done, as JSON

exit codes: 0 installed, or it was already; 1 refused, nothing of that harness was changed; 2 bad
arguments, or a file with broken syntax, which is left as it is

examples
  waitbus install claude --dry-run
  waitbus install claude codex
  waitbus install --all
  waitbus install gemini --project`,

  uninstall: `usage: waitbus uninstall HARNESS... [options]
       waitbus uninstall --all [options]

Takes out what waitbus install put in. A file that nobody has changed since becomes what it was, byte
for byte; of one that somebody has, only our own entries go. Files and directories that waitbus made
go when they are empty.

  --all       everything that is installed; with --user or --project only there
  --user, --project   as with install
  --dry-run   show the diff, change nothing
  --json      what was done, as JSON

exit codes: 0 nothing of ours is left; 1 refused, or a file of ours that you changed was left; 2 bad
arguments, or a file with broken syntax, which is left as it is

examples
  waitbus uninstall claude
  waitbus uninstall --all --dry-run`,
};
