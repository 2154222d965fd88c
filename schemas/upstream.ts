import { z } from 'zod'

/**
 * A third-party MCP server, in the form that Claude and Cursor use under `mcpServers`: a command to
 * start, or an address. `${env:NAME}` in `env` and `headers` is taken from the hub's environment, so
 * that no secret stands in the file.
 */
export const UpstreamConfig = z
  .strictObject({
    command: z.string().min(1).optional().describe('Program to start; it speaks MCP on its pipes'),
    args: z.array(z.string()).default([]).describe('Its arguments'),
    env: z
      .record(z.string(), z.string())
      .default({})
      .describe('Its environment, besides PATH and HOME'),
    cwd: z.string().optional().describe('Folder it runs in'),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Address of a Streamable HTTP or HTTP+SSE server'),
    headers: z.record(z.string(), z.string()).default({}).describe('Headers of each request'),
    type: z
      .enum(['stdio', 'http', 'streamable-http', 'sse'])
      .optional()
      .describe('Follows from the rest; `sse` for a server of the time before Streamable HTTP'),
    prefix: z
      .string()
      .regex(/^[a-z0-9_]{0,30}$/)
      .optional()
      .describe('Put before tool names; default: the name and an underscore'),
    allow: z.array(z.string()).optional().describe('Only these tools, by their own names'),
    deny: z.array(z.string()).default([]).describe('Never these tools'),
    pin: z
      .boolean()
      .default(true)
      .describe('Quarantine tools that are new or changed until server_accept'),
    timeoutMs: z
      .int()
      .min(100)
      .max(3_600_000)
      .default(60_000)
      .describe('Longest silence during a call'),
    start: z
      .enum(['eager', 'demand'])
      .default('eager')
      .describe('When to connect: with the hub, or at the first call once its lists are known'),
    idleMs: z
      .int()
      .min(0)
      .max(86_400_000)
      .default(0)
      .describe('Disconnect after so long without a call; 0: never'),
    answerChars: z
      .int()
      .min(0)
      .default(100_000)
      .describe('Text of an answer beyond this is left out and linked to; 0: never'),
    concurrency: z.int().min(1).max(1000).default(32).describe('Most calls at a time'),
    disabled: z.boolean().default(false).describe('Keep the entry without using it'),
  })
  .refine((config) => (config.command === undefined) !== (config.url === undefined), {
    error: 'needs either `command` or `url`',
  })
export type UpstreamConfig = z.infer<typeof UpstreamConfig>

const UpstreamState = z.enum(['connecting', 'ready', 'degraded', 'asleep', 'disabled'])

/** How an upstream is doing, as judged by real traffic. */
export const Upstream = z.object({
  name: z.string(),
  kind: z.enum(['stdio', 'http', 'sse']),
  state: UpstreamState,
  reason: z.string().optional().describe('Why it is degraded'),
  protocol: z.string().optional().describe('Protocol revision it speaks'),
  server: z.string().optional().describe('What it calls itself'),
  tools: z.int().describe('Tools that can be called'),
  prompts: z.int(),
  resources: z.int().describe('Resources and templates of such'),
  quarantined: z.array(z.string()).describe('Tools that are new or changed, until server_accept'),
  shadowed: z
    .array(z.string())
    .describe('Left out because the name is taken or the definition is not allowed'),
  calls: z.int(),
  failures: z.int(),
})
export type Upstream = z.infer<typeof Upstream>
