/** The help texts of what plays swarms of agents: stress, swarm-demo. */

export const SWARM_HELP: Readonly<Record<string, string>> = {
  stress: `usage: waitbus stress [--sweep N,N...] [--duration D] [options]

Starts N agents as processes of their own, on a bus of their own, and checks whether each of them
heard all that it should. The agents are of every family that this machine has: Node and Python
clients, shell scripts, MCP clients, LangGraph.js (of the directory you are in). Rounds of one seed, to
which each reacts, follow each other; in the last one some agents are killed with SIGKILL in the middle
of their turn.

  --sweep 5,10,20      how many agents, one run after the other
  --duration 60s       how long each run begins new rounds
  --kill K             how many are killed; default one in five, and one at least
  --families a,b       only these: node, python, shell, mcp, langgraph; with --real those below
  --real               the vendors' own CLIs on PATH (claude, codex, gemini, opencode, copilot), with
                       your login: this costs what their turns cost, two for each agent
  --budget-usd 0.50    with --real: no round begins once so much is charged. Only metered cost counts;
                       what a subscription covers, and what has no known basis, are told apart
  --out DIR            where verdict.json, journals and logs go; default waitbus-stress
  --json               print the verdict on stdout

exit codes: 0 everything held, 1 something did not or not all was played, 130 Ctrl-C

examples
  waitbus stress --sweep 5 --duration 5s
  waitbus stress --sweep 5,10,20 --json > verdict.json`,

  'swarm-demo': `usage: waitbus swarm-demo

Shows five agents of different languages on one bus: one seed, to which all react; two who want one
file; one that is killed, which the others hear at once. In a temporary directory with a daemon of its
own, in less than 40 seconds, offline, and leaves nothing behind.`,
};
