/**
 * How `tool_call` is listed. The router takes it apart and calls the named tool itself, so that
 * policy, audit and measurement see that tool and not this one.
 */
export const toolCallListing = {
  name: 'tool_call',
  title: 'Call a tool',
  description: 'Calls any tool by name, with the arguments that tool_read describes.',
  inputSchema: {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'Tool name, as tool_search returns it' },
      arguments: { type: 'object', description: 'Its arguments' },
    },
    required: ['name'],
    additionalProperties: false,
  },
  annotations: {
    title: 'Call a tool',
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: false,
    openWorldHint: true,
  },
}

/** What a client sees in the lean view besides: the road of a task from goal to merge. */
export const leanTools = [
  'tool_search',
  'tool_read',
  'task_submit',
  'task_wait',
  'task_log',
  'change_read',
  'change_review',
  'change_merge',
]
