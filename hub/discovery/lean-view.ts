import { isObject } from '../rpc/protocol.ts'

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

const bounds = new Set([
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'minItems',
  'maxItems',
  'pattern',
  'additionalProperties',
])

/**
 * A schema without the bounds of its values: the hub refuses by name what is beyond them, `tool_read`
 * shows them, and the listing is a seventh shorter.
 */
export function withoutBounds(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutBounds)
  if (!isObject(schema)) return schema
  const kept = Object.entries(schema).filter(
    ([key, value]) => !bounds.has(key) || (key === 'additionalProperties' && isObject(value)),
  )
  return Object.fromEntries(
    kept.map(([key, value]) =>
      // What a field is called is none of a schema's own words.
      key === 'properties' && isObject(value)
        ? [
            key,
            Object.fromEntries(
              Object.entries(value)
                .filter(([, of]) => !isForControllers(of))
                .map(([name, of]) => [name, withoutBounds(of)]),
            ),
          ]
        : [key, withoutBounds(value)],
    ),
  )
}

/** What only the hub's own controllers may pass is nothing that a model could use. */
const isForControllers = (schema: unknown): boolean =>
  isObject(schema) && String(schema.description).startsWith('For controllers:')
