/** The help texts of what agents use: run, hook, send, inbox, ask, reply, claim, release, agents. */

export const AGENTS_HELP: Readonly<Record<string, string>> = {
  run: `usage: waitbus run [--name NAME] [--no-autostart] -- command...

Runs a command so that its start and its end are events, however it ends: agent_started, then
agent_finished or agent_failed with exit_code, signal, duration_ms and conclusion. Terminal, signals
and exit code are the command's (128 plus the signal's number if one killed it). The command finds its
name in WAITBUS_AGENT_NAME.

  --name NAME      who it is; default: WAITBUS_AGENT_NAME, else the program's name
  --no-autostart   do not start a daemon; without one, the events are spooled

If waitbus run itself is killed with SIGKILL, the daemon tells agent_failed, reason wrapper_killed; the
command then lives on by itself.

examples
  waitbus run --name builder -- make -j4
  waitbus wait --source agent --match 'fields.msg_from="builder"' --match 'fields.status="completed"' --verdict -- waitbus run --name builder -- make`,

  hook: `usage: waitbus hook HARNESS [EVENT] [--hold DURATION] [--budget N/TIME] [--again]
                    [--no-autostart]

What a coding agent's harness runs at each of its moments; waitbus install HARNESS sets it up. Reads the
hook's input from stdin and tells the bus: agent_started, agent_finished, agent_failed, agent_waiting,
agent_edited, with msg_from HARNESS:SESSION. At the end of a turn it wakes the session with what came
for it, in the harness's own words. Never fails: if anything goes wrong it ends with 0 and says nothing.

HARNESS is claude, codex, gemini, copilot, opencode, cursor, windsurf, cline or aider.

  --hold DURATION  at the end of a turn, wait so long for what the session waits for (waitbus watch)
  --budget N/TIME  wake it at most so often: 20/1h (the default), 5/10m
  --again          wake it also if it was woken in this turn already
  --no-autostart   do not start a daemon at the start of a session

exit codes: 0 always, unless the harness takes another for a wake

examples
  echo '{"session_id":"s1","hook_event_name":"Stop"}' | waitbus hook claude
  waitbus wait --source agent --match 'event_type="agent_finished"' --match 'fields.scope="turn"'`,

  send: `usage: waitbus send NAME [TEXT] [--from NAME] [--thread TEXT] [--json]

Leaves a message for an agent, which finds it with waitbus inbox, now or later. Without a TEXT, or
with -, it comes from stdin.

  --from NAME      who sends it; default: WAITBUS_AGENT_NAME
  --thread TEXT    groups messages
  --json           print the event's id on stdout
  --no-autostart   do not start a daemon

examples
  waitbus send builder 'main is green again' --from reviewer
  git diff | waitbus send reviewer --from builder --thread pr-12`,

  inbox: `usage: waitbus inbox [--as NAME] [--follow] [--peek] [--since WHEN] [--json]

Prints the messages that have come for an agent since it last looked. How far it has read is kept, by
name, in the state directory.

  --as NAME        whose inbox; default: WAITBUS_AGENT_NAME
  --follow, -f     go on with what comes, until Ctrl-C
  --peek           they stay new
  --since WHEN     look back: a duration ago (10m), an event id, or start; changes nothing of what is new
  --json           one JSON frame a line, texts as they are; else control characters are shown escaped

examples
  waitbus inbox --as builder
  waitbus inbox --as builder --follow --json`,

  ask: `usage: waitbus ask NAME [TEXT] [--timeout DURATION] [options]

Asks an agent and waits for the answer, which it prints on stdout. Without a TEXT, or with -, it comes
from stdin.

  --timeout D      give up after 30s, 5m, 1h30m
  --from NAME      who asks; default: WAITBUS_AGENT_NAME
  --thread TEXT    groups messages
  --json           print the answer's frame in place of its text
  --quiet, -q      nothing on stderr but errors
  --no-autostart   do not start a daemon

exit codes: 0 answered, 1 the agent could not answer, or ended before it did, 124 timed out,
  2 could not be asked, 130 Ctrl-C, 143 SIGTERM

examples
  waitbus ask reviewer 'may I merge?' --from builder --timeout 5m
  answer=$(git diff | waitbus ask reviewer --from builder --timeout 10m)`,

  reply: `usage: waitbus reply EVENT_ID|CORRELATION_ID [TEXT] [--from NAME] [--failed] [--json]

Answers a message: waitbus inbox shows its event id. The answer goes to whoever sent it, and whoever
waits for it with waitbus ask has it. Without a TEXT, or with -, it comes from stdin.

  --from NAME      who answers; default: WAITBUS_AGENT_NAME, else the one who was asked
  --failed         there is no answer, and TEXT says why: waitbus ask ends with 1
  --json           print the event's id on stdout

example
  waitbus reply 01M87VCBQMDJKE75X1DAQEQDYN 'yes, merge it'`,

  claim: `usage: waitbus claim PATH [--as NAME] [--wait] [--timeout DURATION] [--json] [-- command...]
       waitbus claim --list [--json]

Claims a file or directory for one agent alone, whether it exists or not. Nobody else can claim it
meanwhile, nor what lies in it or around it. It is held while the command runs; without one until a
signal, waitbus release, or the end of stdin if that is a pipe. It ends with its holder, even by
SIGKILL. A claim is an agreement: nothing keeps a program that did not claim from writing.

  --as NAME        who claims; default: WAITBUS_AGENT_NAME
  --wait           if it is taken, wait until it is free, in the order of those who wait
  --timeout D      wait at most so long
  --json           print the claim as one JSON line on stdout, once it is held
  --list           who holds what, and who waits

exit codes: the command's; 1 claimed by another, 124 timed out, 2 could not be asked for

examples
  waitbus claim src/parser --as builder -- make parser
  waitbus claim db/schema.sql --as migrator --wait --timeout 10m -- ./migrate.sh
  waitbus claim src/parser --as builder & ... waitbus release src/parser --as builder`,

  release: `usage: waitbus release PATH [--as NAME] [--force]

Ends a claim that another process holds, and tells that process.

  --as NAME        whose claim; default: WAITBUS_AGENT_NAME
  --force          whoever's it is

exit codes: 0 it is free, 1 nobody held it, or somebody else`,

  agents: `usage: waitbus agents [--json]

Shows which agents are here, a line each: those that waitbus run runs, programs that attached, sessions
of harnesses with their names, and whatever was heard of in the last hour: what it did last, and how
many watches wake it (waitbus watch --list shows them). Never starts a daemon.

  --json   name, present, since (ms), last_heard, last_event, watches

examples
  waitbus agents
  waitbus agents --json | jq -r 'select(.present) | .name'`,
};
