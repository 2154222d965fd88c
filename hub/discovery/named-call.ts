import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { invalidInput } from '../../servers/kit/invalid-input.ts'
import { toolCallListing } from './lean-view.ts'

/** The call that `tool_call` stands for, or what is wrong with it: a model can mend that, so it is no protocol error. */
export function namedCall(
  args: unknown,
): { name: string; arguments: Record<string, unknown> } | HubError {
  const parsed = Named.safeParse(args ?? {})
  if (parsed.success) return parsed.data
  const schema = toolCallListing.inputSchema
  const { message, details } = invalidInput('tool_call', { error: parsed.error, args, schema })
  return new HubError('invalid', message, {
    hint: 'Send {"name": "TOOL", "arguments": {…}}: tool_read shows the arguments of a tool.',
    ...(details ? { details } : {}),
  })
}

/** Models often write an object as text in which it stands as JSON, or null for none. */
const fromText = (value: unknown): unknown => {
  if (value === null) return {}
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value // Refused as the text that it is.
  }
}

const Named = z.preprocess(
  fromText,
  z.strictObject({
    name: z.string().min(1).max(128),
    arguments: z.preprocess(fromText, z.record(z.string(), z.unknown())).default({}),
  }),
)
