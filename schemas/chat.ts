import { z } from 'zod'
import { ChatPart, Mention, OpenPage } from './chat-part.ts'
import { Org } from './principal.ts'

// The hub's chat. `POST /chat` and `GET /chat/CONVERSATION/stream` answer with the stream of
// `chat-stream.ts`; what was said is read with the tools chat_list, chat_read and chat_export.

/** An id of a conversation or message. */
const id = z.string().min(1).max(60)

/** A file that goes along with a message: text, a picture, or an artifact that the hub has. */
const Attachment = z.union([
  z.strictObject({
    name: z.string().min(1).max(200),
    mediaType: z.string().max(100).default('text/plain'),
    text: z.string().max(262_144).describe('Its text, at most 256 KiB'),
  }),
  z.strictObject({ file: id.describe('Id of a picture, from chat_attach') }),
  z.strictObject({
    artifact: id.describe('Id of an artifact of a task'),
    name: z.string().max(200).optional().describe('How the message calls it'),
  }),
])

/** The body of `POST /chat`. */
export const ChatRequest = z.strictObject({
  conversation: id.optional().describe('Missing: a new one begins'),
  parent: id
    .nullable()
    .optional()
    .describe(
      'The message that this one follows, which makes a branch where that one has an answer already; ' +
        'null: the beginning; missing: the end of the branch that is shown. ' +
        'For `regenerate`: the message that is answered anew, or the answer that is replaced',
    ),
  trigger: z.enum(['submit', 'regenerate']).default('submit'),
  message: z
    .strictObject({
      text: z
        .string()
        .max(100_000)
        .describe('`/TOOL name=value …` or `/TOOL {json}` runs that one tool, without a model'),
      attachments: z.array(Attachment).max(8).default([]),
      mentions: z.array(Mention).max(12).default([]),
    })
    .optional()
    .describe('What is said; missing for `regenerate`'),
  key: z
    .string()
    .regex(/^[\w-]{8,64}$/, 'a key is 8 to 64 letters, digits, dashes or underscores')
    .optional()
    .describe('Made up by the caller: sent again, it follows the answer of the first time'),
  model: z.string().max(200).optional().describe('Missing: the one of the conversation'),
  page: OpenPage.optional().describe('The page that is open beside the chat'),
  mode: z
    .enum(['queue', 'steer'])
    .default('queue')
    .describe('While an answer is running: comes after it, or goes into it at the next step'),
  org: Org.optional().describe('Org of a new conversation; default: your own'),
})
export type ChatRequest = z.infer<typeof ChatRequest>

/** What `POST /chat/CONVERSATION/stop` answers. */
export type Stopped = {
  /** The answer that was running; missing where none was. */
  message?: string
  /** True once the model call and the tool call have ended; else the stream says so when they have. */
  confirmed: boolean
  /** What waited behind the answer and is taken back, for the composer. */
  withdrawn: { message: string; text: string }[]
}

export const ChatMessageState = z.enum([
  'queued', // a request that waits for the running answer
  'steering', // a request that goes into the running answer at its next step
  'running',
  'waiting', // an answer that waits for a person to approve a call
  'done',
  'stopped', // somebody stopped it
  'interrupted', // the hub ended meanwhile; what was said so far is kept
  'failed', // `error` says why; what was said so far is kept
])
export type ChatMessageState = z.infer<typeof ChatMessageState>

/** One message; a conversation is a tree of them. */
export const ChatMessage = z.object({
  id: z.string(),
  parent: z.string().nullable(),
  role: z.enum(['user', 'assistant']),
  state: ChatMessageState,
  parts: z.array(ChatPart),
  after: z
    .int()
    .describe('How much of its stream `parts` holds: `GET …/stream?after=` goes on from there'),
  siblings: z.array(z.string()).describe('The messages with the same parent, itself included'),
  model: z.string().optional().describe('Who answered, as provider/name'),
  error: z
    .object({ code: z.string(), message: z.string(), hint: z.string().optional() })
    .optional(),
  usage: z
    .object({ inputTokens: z.int(), outputTokens: z.int(), costUsd: z.number().optional() })
    .optional(),
  createdAt: z.int(),
  endedAt: z.int().optional(),
})
export type ChatMessage = z.infer<typeof ChatMessage>

export const Conversation = z.object({
  id: z.string(),
  org: z.string(),
  title: z.string(),
  model: z.string().optional().describe('The model that was asked for last'),
  head: z.string().optional().describe('The last message of the branch that is shown'),
  state: z.enum(['idle', 'running', 'waiting']).describe('Of the answer that is under way'),
  createdAt: z.int(),
  updatedAt: z.int(),
})
export type Conversation = z.infer<typeof Conversation>

/** What chat_list returns. */
export const ConversationList = z.object({
  items: z.array(
    Conversation.extend({ found: z.string().optional().describe('Where the words were found') }),
  ),
  next: z.string().optional().describe('Cursor of the next page'),
})
export type ConversationList = z.infer<typeof ConversationList>

/** What chat_read returns. */
export const ConversationRead = z.object({
  conversation: Conversation,
  messages: z
    .array(ChatMessage)
    .describe('One branch, or the whole tree, oldest first; a parent comes before its children'),
  running: z.string().optional().describe('The answer that is under way, on whichever branch'),
  before: z.string().optional().describe('Cursor of earlier messages, where there are more'),
})
export type ConversationRead = z.infer<typeof ConversationRead>

/** What chat_export returns. */
export const ConversationExport = z.object({
  name: z.string().describe('A file name'),
  mediaType: z.string(),
  text: z.string(),
})
export type ConversationExport = z.infer<typeof ConversationExport>

/** What chat_attach keeps for a message. */
export const ChatFile = z.object({
  id: z.string(),
  name: z.string(),
  mediaType: z.string().describe('As its content says'),
  sizeBytes: z.int(),
})
export type ChatFile = z.infer<typeof ChatFile>
