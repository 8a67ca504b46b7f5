/** The help texts of what wakes an agent: watch, wakes. */

export const WAKES_HELP: Readonly<Record<string, string>> = {
  watch: `usage: waitbus watch [--for NAME] --match PREDICATE... [--source NAME] [--since WHEN]
       waitbus watch [--for NAME] --first-of SOURCE:PREDICATE...
       waitbus watch [--for NAME] --take [--timeout DURATION] [--max N] [--json]
       waitbus watch [--for NAME] --list | --remove [WATCH]

Keeps what an agent is to be woken by, whether it is running or not: each event that matches wakes it
once. The hook of its harness takes what came and hands it over (waitbus hook); a shell takes it with
--take. Prints the id of the watch. The same watch again is the one that is there.

  --for NAME             whom it wakes; default: WAITBUS_AGENT_NAME
  --match, --source, --first-of, --repo   what wakes it, as in waitbus wait
  --since WHEN           also what happened since: a duration ago (10m), an event id, or start
  --cwd DIR              the directory that fs watches (default: this one)
  --take                 wait until something is there, print it, and mark it as woken; with --match
                         and the like it is watched from then on
  --timeout D            with --take: wait at most so long; 0 takes what is there
  --max N                with --take: at most so many events, up to 64
  --list                 what is watched; without a name, for everybody
  --remove [WATCH]       one watch, by its id, or all of the name, with what they matched
  --json                 watches and events as JSON, one a line
  --no-autostart         do not start a daemon

exit codes: 0 done, or with --take something came; 124 nothing came in time; 1 nothing to remove, or
  what was taken could not be handed over, and is given again; 2 could not be asked; 130, 143 signals

examples
  waitbus watch --for claude:5f3c --match 'event_type="agent_failed"'
  waitbus watch --for builder --first-of 'pytest:fields.conclusion="failure"' --first-of 'agent:event_type="agent_failed"'
  waitbus watch --for builder --take --timeout 30s --json
  waitbus watch --for builder --remove`,

  wakes: `usage: waitbus wakes [--for NAME] [--limit N] [--json]
       waitbus wakes ack [--for NAME] [--up-to EVENT_ID]

Shows what the watches of an agent took from the log, the newest last, and what became of each event:
  matched    it meets a watch, and nobody has taken it
  delivered  somebody took it, and has not said that it arrived
  woke       it has woken the agent, and is never given again
  acked      the agent has dealt with it
The times are when it was emitted, and how long after that it reached each state.

  --for NAME       whose; default: WAITBUS_AGENT_NAME, else everybody's
  --limit N        the newest N, up to 1000 (default 100)
  --up-to EVENT    with ack: everything up to this event, which then wakes nobody any more; without
                   it, all that woke
  --json           one JSON object a line, times in milliseconds since the epoch
  --no-autostart   do not start a daemon

examples
  waitbus wakes --for claude:5f3c
  waitbus wakes ack --for claude:5f3c`,
};
