/**
 * Every scenario of the conformance suite for servers: those that hold for any server, and those that ask
 * for what waitbus has not, mostly a fixture of the suite's own, with what they then say. waitbus
 * declares tools and resources; what a server does not declare it need not have.
 */

export const VERSIONS = ['2025-11-25', '2026-07-28'] as const;
export type Version = (typeof VERSIONS)[number];

/** All of their checks hold, but for those in UNMET_CHECKS. */
export const APPLY: Readonly<Record<Version, readonly string[]>> = {
  '2025-11-25': [
    'server-initialize',
    'ping',
    'tools-list',
    'resources-list',
    'dns-rebinding-protection',
  ],
  '2026-07-28': [
    'server-stateless',
    'tools-list',
    'server-sse-multiple-streams',
    'resources-list',
    'sep-2164-resource-not-found',
    'dns-rebinding-protection',
    'caching',
    'http-header-validation',
    'input-required-result-unsupported-methods',
  ],
};

export interface Unmet {
  readonly needs: string;
  /** What a check says for the want of it. */
  readonly says: RegExp;
}

const lack = (needs: string, says: RegExp): Unmet => ({ needs, says });
const undeclared = (what: string) => lack(what, /Method not found/);
const prompts = undeclared('prompts');
const resource = (uri: string) => lack(`its resource ${uri}`, RegExp(`Resource not found: ${uri}`));
const tool = (name: string, says = RegExp(`Tool '?${name}'? not found`)) =>
  lack(`its tool ${name}`, says);
const diagnostic = (name: string) => tool(name, RegExp(`does not list the .* tool '${name}'`));
/** HTTP requests share nothing here, so there is no session. */
const session = (says: RegExp) => lack('sessions over HTTP', says);
/** A tool that answers by a question for the client's user, for its model or for its roots. */
const asking = (name: string, says?: RegExp) => tool(`test_input_required_result_${name}`, says);

/** Checks of a scenario that applies. */
export const UNMET_CHECKS: Readonly<Record<string, Readonly<Record<string, Unmet>>>> = {
  'server-stateless': {
    'sep-2575-server-rejects-undeclared-capability': diagnostic('test_missing_capability'),
    'sep-2575-missing-capability-http-400': diagnostic('test_missing_capability'),
    'sep-2575-http-server-no-independent-requests-on-stream': diagnostic(
      'test_streaming_elicitation',
    ),
    'sep-2575-server-no-log-without-loglevel': diagnostic('test_logging_tool'),
    'sep-2575-server-sends-prompts-list-changed-on-subscription': lack(
      'prompts that change',
      /did not declare prompts\.listChanged/,
    ),
    'sep-2575-server-sends-tools-list-changed-on-subscription': lack(
      'tools that change',
      /did not declare tools\.listChanged/,
    ),
  },
  caching: { 'sep-2549-prompts-list-caching-hints': prompts },
};

/** Needed in both versions. */
const BOTH: Readonly<Record<string, Unmet>> = {
  'completion-complete': undeclared('completions'),
  'tools-call-simple-text': tool('test_simple_text'),
  'tools-call-image': tool('test_image_content'),
  'tools-call-audio': tool('test_audio_content'),
  'tools-call-embedded-resource': tool('test_embedded_resource'),
  'tools-call-mixed-content': tool('test_multiple_content_types'),
  'tools-call-error': tool('test_error_handling'),
  'tools-call-with-progress': tool('test_tool_with_progress'),
  'json-schema-2020-12': tool('json_schema_2020_12_tool'),
  'resources-read-text': resource('test://static-text'),
  'resources-read-binary': resource('test://static-binary'),
  'resources-templates-read': resource('test://template/123/data'),
  'prompts-list': prompts,
  'prompts-get-simple': prompts,
  'prompts-get-with-args': prompts,
  'prompts-get-embedded-resource': prompts,
  'prompts-get-with-image': prompts,
};

export const UNMET: Readonly<Record<Version, Readonly<Record<string, Unmet>>>> = {
  '2025-11-25': {
    ...BOTH,
    'server-session-lifecycle': session(/did not return an MCP-Session-Id/),
    'server-sse-polling': session(
      /did not provide session ID|Server did not send|no last event ID or session ID/,
    ),
    'server-sse-multiple-streams': session(/did not provide session ID/),
    'logging-set-level': undeclared('logging'),
    'tools-call-with-logging': undeclared('logging'),
    'tools-call-sampling': tool('test_sampling'),
    'tools-call-elicitation': tool('test_elicitation'),
    'elicitation-sep1034-defaults': tool('test_elicitation_sep1034_defaults'),
    'elicitation-sep1330-enums': tool('test_elicitation_sep1330_enums'),
    'resources-subscribe': undeclared('subscriptions to resources'),
    'resources-unsubscribe': undeclared('subscriptions to resources'),
  },
  '2026-07-28': {
    ...BOTH,
    'http-custom-header-server-validation': lack(
      'a tool with x-mcp-header',
      /no tool with x-mcp-header/,
    ),
    'input-required-result-basic-elicitation': asking('elicitation'),
    'input-required-result-basic-sampling': asking('sampling'),
    'input-required-result-basic-list-roots': asking('list_roots'),
    'input-required-result-request-state': asking('request_state'),
    'input-required-result-multiple-input-requests': asking('multiple_inputs'),
    'input-required-result-multi-round': asking('multi_round', /Expected InputRequiredResult/),
    'input-required-result-missing-input-response': asking(
      'elicitation',
      /JSON-RPC error instead of re-requesting/,
    ),
    'input-required-result-non-tool-request': prompts,
    'input-required-result-result-type': asking('elicitation'),
    'input-required-result-tampered-state': asking(
      'tampered_state',
      /could not get initial InputRequiredResult/,
    ),
    'input-required-result-capability-check': asking('capabilities'),
    'input-required-result-ignore-extra-params': asking('elicitation'),
    // Any error is right for these checks; that of a tool that is not there says nothing.
    'input-required-result-validate-input': asking('elicitation'),
  },
};

/** Scenarios of extensions of the protocol. waitbus declares none. */
export const EXTENSIONS: readonly string[] = [
  'sep-2640-skills-directory',
  'sep-2640-skills-enumeration',
  'sep-2640-skills-manifest',
  'tasks-lifecycle',
  'tasks-capability-negotiation',
  'tasks-wire-fields',
  'tasks-request-state-removal',
  'tasks-mrtr-input',
  'tasks-request-headers',
  'tasks-dispatch-and-envelope',
  'tasks-status-notifications',
  'tasks-required-task-error',
  'tasks-mrtr-composition',
];
