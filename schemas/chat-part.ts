import { z } from 'zod'

// The parts of a message, in the form of the AI SDK's UIMessage.

/** Something of the hub that a message names. */
export const Mention = z.strictObject({
  kind: z.enum(['task', 'note', 'spec', 'change']),
  id: z.string().min(1).max(1024).describe('Id of the task or change, path of the note, feature'),
  within: z
    .string()
    .max(4096)
    .optional()
    .describe('Vault of the note or repository of the spec, where there are several'),
  label: z.string().max(200).optional().describe('How the text calls it'),
})
export type Mention = z.infer<typeof Mention>

/** The page that is open beside the chat. */
export const OpenPage = z.strictObject({
  url: z.string().max(2000).describe('Its address within the dashboard'),
  title: z.string().max(200).optional(),
  subject: Mention.optional().describe('What it shows'),
})
export type OpenPage = z.infer<typeof OpenPage>

const streamed = {
  id: z.string(),
  text: z.string(),
  state: z.enum(['streaming', 'done']),
}

/** A call of a tool, by the tool's own name, whoever serves it. */
export const ToolPart = z.object({
  type: z.literal('dynamic-tool'),
  toolCallId: z.string(),
  toolName: z.string(),
  title: z.string().optional(),
  state: z.enum([
    'input-streaming',
    'input-available', // it is being made
    'approval-requested', // it waits for a person; `approval.id` is that of approval_decide
    'approval-responded',
    'output-available',
    'output-error',
    'output-denied',
  ]),
  input: z.unknown().optional(),
  output: z.unknown().optional().describe('What the tool returned, by its output schema'),
  errorText: z.string().optional(),
  approval: z
    .object({ id: z.string(), approved: z.boolean().optional(), reason: z.string().optional() })
    .optional(),
  toolMetadata: z
    .object({
      server: z.string().optional(),
      effect: z.string().optional(),
      startedAt: z.int().optional(),
      durationMs: z.int().optional(),
      text: z.string().optional().describe('What the model read, where that is not the output'),
      cut: z.boolean().optional().describe('Whether the output was too long to be kept whole'),
      error: z
        .object({ code: z.string(), message: z.string(), hint: z.string().optional() })
        .optional(),
    })
    .optional(),
})
export type ToolPart = z.infer<typeof ToolPart>

/** Something that was looked up for a message and put in as data. */
export const ContextItem = z.object({
  kind: z.enum(['page', 'task', 'note', 'spec', 'change', 'artifact', 'file']),
  id: z.string(),
  title: z.string().optional(),
  text: z.string().optional().describe('What the model was shown'),
  error: z.string().optional().describe('Why it could not be read'),
  picture: z
    .object({ mediaType: z.string(), sha256: z.string() })
    .optional()
    .describe('The picture that it is'),
})
export type ContextItem = z.infer<typeof ContextItem>

export const Notice = z.object({
  kind: z.enum([
    'fallback', // another model answers than the one asked for
    'steps', // the answer ended because it took as many steps as it may
    'length', // the model's answer was cut at its limit
    'history', // earlier messages were left out for want of room
    'filter', // the provider withheld the answer
  ]),
  text: z.string(),
})
export type Notice = z.infer<typeof Notice>

export const ChatPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), ...streamed }),
  z.object({ type: z.literal('reasoning'), ...streamed }),
  z.object({ type: z.literal('step-start') }),
  ToolPart,
  z
    .object({
      type: z.literal('steering-message'),
      id: z.string(),
      parts: z.array(z.object({ type: z.literal('text'), text: z.string() })),
    })
    .describe('What a person said while the answer was under way'),
  z.object({ type: z.literal('data-context'), id: z.string(), data: z.array(ContextItem) }),
  z.object({ type: z.literal('data-notice'), id: z.string(), data: Notice }),
  z
    .object({
      type: z.literal('data-attachment'),
      data: z.object({
        name: z.string(),
        mediaType: z.string(),
        sizeBytes: z.int(),
        text: z.string().optional(),
        artifact: z.string().optional(),
        file: z.string().optional().describe('Of a picture: its id for chat_attachment'),
        sha256: z.string().optional().describe('Digest of the picture'),
      }),
    })
    .describe('Of a request'),
  z.object({ type: z.literal('data-mention'), data: Mention }).describe('Of a request'),
  z.object({ type: z.literal('data-page'), data: OpenPage }).describe('Of a request'),
])
export type ChatPart = z.infer<typeof ChatPart>
