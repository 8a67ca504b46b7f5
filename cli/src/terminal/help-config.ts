/** The help text of the configuration's commands. */

export const CONFIG_HELP: Readonly<Record<string, string>> = {
  config: `usage: waitbus config SUBCOMMAND

The configuration is one file, config.json or config.yaml, in the configuration directory. All of it
is optional. docs/configuration.md has every key.

  show              every value as it counts, and where it comes from
  set KEY VALUE     gives one key a value, and leaves the rest of the file
  unset KEY         takes one key away
  validate [FILE]   every problem at once, with its line
  reload            a running daemon takes up what you changed by hand
  schema            the JSON Schema of the file, for editors
  path              where the file is, or would be

waitbus config SUBCOMMAND --help tells more.

examples
  waitbus config show
  waitbus config validate && waitbus config reload`,
};
