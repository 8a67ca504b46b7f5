/** The help text of the MCP server. */

export const MCP_HELP: Readonly<Record<string, string>> = {
  mcp: `usage: waitbus mcp [--as NAME] [--slice DURATION] [--no-autostart]
       waitbus mcp --http [--port N]

Serves what an agent can do on the bus as MCP tools, over stdio: wait, emit, ask, reply, claim and more.
Starting it has no effect; the first call that needs a daemon starts one. docs/mcp.md has what each
harness is told to run it.

  --as NAME        who it speaks for; default: WAITBUS_AGENT_NAME, else the client's name
  --slice D        the longest that one call blocks before it answers pending; default 50s, and 280s
                   for a client that asks for progress
  --http           over HTTP on loopback; the address and the token are printed as JSON. The token is
                   WAITBUS_MCP_TOKEN, else a fresh one
  --port N         default: whichever is free
  --no-autostart   do not start a daemon

examples
  claude mcp add waitbus -- waitbus mcp
  waitbus mcp --http --port 9010`,
};
