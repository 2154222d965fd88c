import { z } from 'zod'

/**
 * How the hub authenticates with a server behind OAuth. Nothing is needed for one at which clients may
 * register themselves. Secrets are given as `${env:NAME}` or `${file:/path}`.
 */
export const OAuthConfig = z
  .strictObject({
    clientId: z.string().min(1).optional().describe('Of a client that was registered before'),
    clientSecret: z.string().min(1).optional().describe('Its secret'),
    privateKey: z.string().min(1).optional().describe('Its key in PEM, in place of a secret'),
    algorithm: z.string().default('ES256').describe('With which the key signs'),
    clientMetadataUrl: z
      .url({ protocol: /^https$/ })
      .optional()
      .describe('Address of a client ID metadata document, for servers that take one'),
    issuer: z.url().optional().describe('The only authorization server that may see a credential'),
    scope: z.string().min(1).optional().describe('Scopes to ask for, separated by spaces'),
    grant: z
      .enum(['authorization_code', 'client_credentials', 'jwt_bearer'])
      .default('authorization_code')
      .describe('By a person in a browser, or by the hub alone'),
    assertion: z.string().min(1).optional().describe('Token of the workload, for `jwt_bearer`'),
    dpop: z.boolean().default(false).describe('Bind tokens to a key of the hub (RFC 9449)'),
  })
  .refine(({ grant, assertion }) => (grant === 'jwt_bearer') === (assertion !== undefined), {
    error: 'the grant `jwt_bearer` needs `assertion`, and no other does',
  })
  .refine(
    ({ grant, clientId, clientSecret, privateKey }) =>
      grant !== 'client_credentials' ||
      (clientId !== undefined && (clientSecret ?? privateKey) !== undefined),
    { error: 'the grant `client_credentials` needs `clientId` and `clientSecret` or `privateKey`' },
  )
export type OAuthConfig = z.infer<typeof OAuthConfig>

/**
 * A third-party MCP server, in the form that Claude and Cursor use under `mcpServers`: a command to
 * start, or an address. `${env:NAME}` in `env` and `headers` is taken from the hub's environment and
 * `${file:/path}` from a file, so that no secret stands in the configuration.
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
    oauth: OAuthConfig.optional().describe(
      'How the hub authenticates, where its own ways do not do',
    ),
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
  .refine(({ oauth, url, headers }) => !oauth || (url !== undefined && !authorizes(headers)), {
    error: '`oauth` goes with `url`, and not with a header that holds a credential',
  })
export type UpstreamConfig = z.infer<typeof UpstreamConfig>

/** Whether the credential is given, and nothing has to be obtained. */
export const authorizes = (headers: Record<string, string>): boolean =>
  Object.keys(headers).some((name) => /authorization|api-?key|token|cookie|secret/i.test(name))

export const UpstreamState = z.enum([
  'connecting',
  'ready',
  'degraded',
  'signed_out',
  'asleep',
  'disabled',
])

/** How an upstream is doing, as judged by real traffic. */
export const Upstream = z.object({
  name: z.string(),
  kind: z.enum(['stdio', 'http', 'sse']),
  state: UpstreamState,
  reason: z.string().optional().describe('Why it is degraded or signed out'),
  protocol: z.string().optional().describe('Protocol revision it speaks'),
  server: z.string().optional().describe('What it calls itself'),
  tools: z.int().describe('Tools that can be called'),
  prompts: z.int(),
  resources: z.int().describe('Resources and templates of such'),
  quarantined: z.array(z.string()).describe('Tools that are new or changed, until server_accept'),
  rejected: z.array(z.string()).describe('Tools that server_reject refused, as they are'),
  shadowed: z
    .array(z.string())
    .describe('Left out because the name is taken or the definition is not allowed'),
  calls: z.int(),
  failures: z.int(),
})
export type Upstream = z.infer<typeof Upstream>
