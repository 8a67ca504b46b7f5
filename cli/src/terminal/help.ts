/** The help texts, one a command, each with examples that work when pasted. */
import { AGENTS_HELP } from './help-agents.js';
import { CONFIG_HELP } from './help-config.js';
import { INSTALL_HELP } from './help-install.js';
import { MCP_HELP } from './help-mcp.js';
import { SWARM_HELP } from './help-swarm.js';
import { WAKES_HELP } from './help-wakes.js';

export const HELP: Readonly<Record<string, string>> = {
  ...AGENTS_HELP,
  ...CONFIG_HELP,
  ...INSTALL_HELP,
  ...WAKES_HELP,
  ...MCP_HELP,
  ...SWARM_HELP,

  waitbus: `waitbus: block until a test run, a build, a file or a coding agent finishes or fails.

usage: waitbus COMMAND [options]

  wait      block until something happens; the exit code is the answer
  emit      put an event on the bus
  run       run a command whose start, end and death are events
  send, inbox, ask, reply   messages between agents
  claim, release            a path for one agent alone
  watch, wakes              what wakes an agent, and what became of it
  mcp       the bus as MCP tools, for any agent
  agents    who is here, under which name, and what it did last
  hook      what a coding agent's harness runs; waitbus install sets it up
  install, uninstall        let coding agents' harnesses run waitbus
  pytest    run pytest so that every failure is heard at once
  source    which sources there are; enable, disable and check them
  plugin    add, pin, check and audit the packages that sources come from
  secret    keep what a source needs to know and nobody else is to read
  config    what is configured, where that comes from, and whether it is right
  doctor    look at everything, and say what mends what is broken
  log       what happened lately, one event a line
  status    what the daemon serves, and how the sources are
  daemon    run the daemon in the foreground (it starts by itself when needed)
  stop      end the daemon
  demo      see it work, in under 30 seconds
  stress, swarm-demo        see agents of several kinds hear each other; check it with many

waitbus help COMMAND tells more. Options: --version, --help.`,

  wait: `usage: waitbus wait [options] [-- command...]

Blocks until a matching event and answers with its exit code:
  0 it happened   1 it failed (a verdict: --sha, --pr, --verdict, --source github)
  124 timed out
  130 Ctrl-C      143 SIGTERM                      2 could not start

what to wait for
  --source NAME         any event of this source; starts the source if it has a process
  --match PREDICATE     an event that meets it; several must all hold
                        (several = on one key: any of them)
  --all-of S:PREDICATE  each of these clauses, by whatever events, in any order
  --first-of S:PREDICATE  the first event that meets any clause
  --sha COMMIT          the CI verdict of a commit, 7 to 40 hex digits: 1 once a workflow run has
                        failed, 0 once all have passed and nothing has changed for --settle; by
                        what GitHub says after the wait began, after the command if there is one
  --pr N                the same of the head of a pull request, as it is pushed to; several: all
                        of them, with --any the first that has a verdict
  --workflow NAME       with --sha, --pr: only runs of this workflow, by its name or file (ci.yml)
  --settle DURATION     with --sha, --pr: how long a success must have stood (default 10s)
  --repo OWNER/REPO     only events of this repository (--sha, --pr: default the checkout's origin)
  --count N             the N-th matching event
  --since WHEN          also what happened since: a duration ago (10m), an event id, or start

how to wait
  --timeout DURATION    give up after 30s, 5m, 1h30m, 2d; 0 with --since only looks into the log
  --verdict             exit 1 if the event's conclusion is failure, cancelled or timed_out; the
                        default for a source whose events are verdicts, such as github, and the
                        wait is then for a conclusion, also in a clause of --all-of, --first-of;
                        --no-verdict: any event, and 0
  --json                print the matched event, one JSON line, on stdout; with --sha the last of
                        each run; with --pr what is known of its runs
  --cwd DIR             the directory that fs watches (default: this one)
  --ready-fd N          write "ready" to this descriptor once nothing can be missed
  --quiet, -q           nothing on stderr but errors
  --no-autostart        do not start a daemon (also WAITBUS_NO_AUTOSTART=1)
  -- command...         run this once armed; its output goes to stderr. If it fails, its code ends
                        the wait; after a match the wait ends when it does. Whatever else ends the
                        wait, the timeout say, ends it and all that it started; Ctrl-C leaves it
                        its time, a second one does not

a predicate is  dotted.key OP json_literal  with OP one of = != < <= > >= ^= (prefix) *= (contains)
~ (glob, as in fields.path~"src/**/*.ts"); a segment with a dot, a blank or an operator is quoted:
fields.labels."service.name"="checkout"

examples
  waitbus wait --source fs --match 'fields.workflow_name="config.yaml"' --timeout 1h
  waitbus wait --source pytest --match 'fields.conclusion="failure"' --timeout 5m
  waitbus wait --first-of 'pytest:fields.conclusion="failure"' --first-of 'agent:event_type="agent_failed"'
  waitbus wait --source agent --match 'event_type="agent_finished"' --count 5
  waitbus wait --sha $(git rev-parse HEAD) --timeout 30m -- git push
  waitbus wait --source fs --match 'fields.path*="build/"' --timeout 1m -- make`,

  emit: `usage: waitbus emit --source NAME --event-type TYPE [options]
       waitbus emit --json - < events.ndjson

Puts an event on the bus and prints the acknowledgement: its id, and whether it is new. Without a
daemon (and none to be started) the event is spooled and counts when a daemon comes up.

  --source NAME          an installed source, agent for instance
  --event-type TYPE      such as agent_finished
  --field KEY=TEXT       a field that predicates match on; KEY:=JSON for a number, true or null
  --summary TEXT         one line for people
  --delivery-id KEY      idempotency key: a second event with it is not stored
  --owner, --repo        default local
  --received-at NS       when it happened, nanoseconds since the epoch (date +%s is taken as well)
  --payload JSON|@FILE   anything more; stored, not sent to subscribers
  --ingest-method NAME   default emit
  --json JSON|-          the event as JSON; - reads one event or NDJSON from stdin
  --no-autostart         do not start a daemon

exit codes: 0 stored or spooled, 2 malformed or refused, 1 the store could not take it

examples
  waitbus emit --source agent --event-type agent_finished --field msg_from=claude --field conclusion=success
  echo '{"source":"agent","event_type":"agent_failed","fields":{"conclusion":"failure"}}' | waitbus emit --json -`,

  pytest: `usage: waitbus pytest [-- pytest arguments]

Runs pytest (the one on PATH, else python3 -m pytest) so that a failing test is an event the moment
it fails, and the end of the run is one too, even if the run is killed or pytest ends before it has
loaded anything. The exit code is pytest's.

examples
  waitbus pytest -- -x tests/
  waitbus wait --source pytest --match 'event_type="pytest_session"' --verdict -- waitbus pytest -- -q`,

  source: `usage: waitbus source SUBCOMMAND

A source is what events come from. Most run by themselves while somebody waits on them; some run
whenever the daemon does, once they are enabled; to some, other programs emit.

  list           every source, whether it is enabled, how it is, what it emits
  enable NAME    let it run; sets one up that needs it, and says what else it needs
  disable NAME   it does not run any more, whoever waits on it
  check NAME     could it see events now? If not, what to do. --all for every source
  env NAME       shell lines that make programs of this shell emit under a source

waitbus source SUBCOMMAND --help tells more.

examples
  waitbus source list
  waitbus source enable github
  waitbus source check fs
  eval "$(waitbus source env pytest)"     # from now on every pytest in this shell is heard`,

  doctor: `usage: waitbus doctor [--json] [--no-autostart]
       waitbus doctor --live HARNESS [--json]

Looks at everything that waitbus rests on: Node, its directories and the disk, the configuration, the
secrets, the packages against their pins, the daemon and its store, the clock, the spool, and whether
each enabled source could see events. Says of what is wrong which command mends it. Starts a daemon if
none runs, as every command does.

  --live HARNESS   runs the hooks that are installed in claude, codex, gemini, copilot, opencode, cursor,
                   windsurf, cline or aider as it would: their event has to come over the bus, and a
                   message has to wake the session. Asks Codex whether it trusts them

exit codes: 0 all is well, or there are only warnings; 1 something is broken

examples
  waitbus doctor
  waitbus doctor --live codex
  waitbus doctor --json`,

  plugin: `usage: waitbus plugin SUBCOMMAND [options]

A source comes from a plugin: a package of the npm registry, or a file or directory of yours. It is
pinned in plugins.lock.json when you agree to it, and runs while it is what was pinned.

  add NAME|./file.tgz|./dir   install and pin a plugin
  remove NAME                 its pin and its files
  update [NAME]               the newest version, if it may replace the pinned one
  list                        every plugin, how it is, and what it may do
  verify [NAME]               every installed byte against its pin
  audit                       the same for CI, with every other finding; --json, --sarif
  install --frozen            exactly what plugins.lock.json says, on a new machine
  restart NAME                a source that was given up tries again
  trust                       accept a new publisher
  lock --fix                  the canonical form of plugins.lock.json
  new NAME                    write a source of your own
  dev DIR                     run it from its TypeScript, anew on every save

waitbus plugin SUBCOMMAND --help tells more. The exit codes are in docs/exit-codes.md.`,

  secret: `usage: waitbus secret set NAME [--for SOURCE]... [--file PATH]
       waitbus secret list [--json]
       waitbus secret rm NAME

Keeps secrets for sources, in secrets.json of the state directory, which only you can read. A value
comes from stdin, from a file, or is asked for at the terminal without being shown; never from an
argument. One newline at its end is left out. A source that runs is started again with it.

  --for SOURCE   a source that may read it; several may. Without it: those that could before, else
                 the one source that asks for it (waitbus source list), else the source that the
                 name begins with
  --file PATH    the value is what this file holds
  --json         list as JSON; values are never listed

examples
  waitbus secret set github-webhook-secret
  openssl rand -hex 32 | waitbus secret set alertmanager-token
  waitbus secret set ci-token --for github --for k8s --file ~/ci-token.txt
  waitbus secret list
  waitbus secret rm ci-token`,

  log: `usage: waitbus log [--since WHEN] [--source NAME] [--match PREDICATE] [--follow] [--json]

Prints what is in the log, oldest first: time, source, type, summary and fields. It shows what a
predicate can match on.

  --since WHEN       a duration ago (default 1h), an event id, or start
  --source, --match  as in wait
  --follow, -f       go on with what comes, until Ctrl-C; with --source the source is started, and
                     fs watches this directory
  --json             one JSON frame a line

examples
  waitbus log --since 10m
  waitbus log --follow --match 'fields.conclusion="failure"'`,

  status: `usage: waitbus status [--json]

Shows the daemon, the log, the subscribers and the state of every source. Never starts a daemon.

exit codes: 0 a daemon runs, 1 none does`,

  daemon: `usage: waitbus daemon [--log-level debug|info|warn|error]

Runs the daemon in the foreground until Ctrl-C, logging JSON lines to stderr. You rarely need this:
a command that needs a daemon starts one, which logs to daemon.log in the state directory.

directories: WAITBUS_STATE_DIR, WAITBUS_RUNTIME_DIR and WAITBUS_CONFIG_DIR override the defaults`,

  stop: `usage: waitbus stop

Ends the daemon and waits until it is gone. What is acknowledged is stored; a wait that is still
blocked starts a daemon again and goes on: it says how many do.`,

  demo: `usage: waitbus demo

Shows four waits being woken, by real events, in a temporary directory with a daemon of its own.
Takes less than 30 seconds and leaves nothing behind.`,
};
