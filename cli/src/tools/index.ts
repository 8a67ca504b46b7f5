/**
 * `waitbus/tools`: what an agent can do on the bus, as tools for any framework, and what the MCP
 * server offers. Loads no native code.
 */
import { emitTool } from './emit.js';
import { getEventTool, tailTool } from './log.js';
import type { Tool, ToolOptions } from './tool.js';
import { waitTool } from './wait.js';

export { waitSlice, type Slice, type SliceRequest } from './slice.js';
export type { CallOptions, JsonSchema, Tool, ToolOptions, ToolResult } from './tool.js';

/** Tools that speak for one agent, in the order of their use. */
export function waitbusTools(options: ToolOptions = {}): readonly Tool[] {
  return [waitTool(options), emitTool(options), tailTool(options), getEventTool(options)];
}
