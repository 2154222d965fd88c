import { z } from 'zod'
import { Price } from './budget.ts'
import { HubError } from './errors.ts'
import { nearest } from './nearest.ts'
import { OrgConfig } from './org-config.ts'
import { podVariables } from './pod-variables.ts'
import { Org } from './principal.ts'
import { DiskLimits, Retention } from './retention.ts'
import { RunnerConfig, RunnerName } from './runner.ts'
import { Tag } from './tag.ts'
import { UpstreamConfig } from './upstream.ts'
import { VaultConfig } from './vault.ts'

const port = z.coerce.number().int().min(0).max(65535)

/**
 * Every setting. Each is an option of `switchyard start` in kebab-case and an environment variable
 * with the prefix `SWITCHYARD_`; the option wins. Times are milliseconds.
 */
export const Settings = z.strictObject({
  port: port.default(7070).describe('Port to listen on; 0 takes a free one'),
  host: z.string().default('127.0.0.1').describe('Address to listen on, besides loopback'),
  data: z.string().default('.switchyard').describe('Data directory'),
  allowedHosts: z.string().default('').describe('Extra Host header values, comma-separated'),
  appsPort: port
    .default(0)
    .describe('Port of the sandbox in which pages of other servers are shown; 0 takes a free one'),
  appsUrl: z
    .union([z.literal(''), z.url({ protocol: /^https?$/ })])
    .default('')
    .describe('Address of that sandbox as browsers reach it, where a proxy stands before the hub'),
  exposePort: port
    .default(0)
    .describe('Port at which browsers reach ports of pods; 0 takes a free one'),
  exposeUrl: z
    .union([z.literal(''), z.url({ protocol: /^https?$/ })])
    .default('')
    .describe(
      'Address of these as browsers reach them, where a proxy stands before the hub: it passes on every name below it',
    ),
  tailscaleSocket: z
    .string()
    .default('')
    .describe('Where tailscaled says who calls from the mesh; default: where it is on this system'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Log level'),
  dispatch: z.enum(['local', 'off']).default('local').describe('Start agents for queued tasks'),
  isolation: z
    .enum(['auto', 'bwrap', 'userns', 'seatbelt', 'none'])
    .default('auto')
    .describe('How pods are isolated'),
  maxPods: z.coerce.number().int().min(1).max(1000).default(8).describe('Most pods at a time'),
  leaseMs: z.coerce
    .number()
    .int()
    .min(500)
    .max(600_000)
    .default(30_000)
    .describe('Life of a lease'),
  rateLimit: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(500)
    .describe('Requests a second for each principal but the owner; 0: no limit'),
  drainMs: z.coerce.number().int().min(0).max(600_000).default(15_000).describe('Time to drain'),
  model: z.string().default('').describe('Default model, as provider/name'),
})
export type Settings = z.infer<typeof Settings>

/** What happens to which calls. All that is given has to match, and the first rule that matches decides. */
export const ApprovalRule = z.strictObject({
  tool: z
    .string()
    .regex(/^[a-zA-Z0-9_*.-]{1,128}$/)
    .default('*')
    .describe('Name of the tool; `*` stands for any text'),
  effect: z
    .enum(['read', 'create', 'update', 'destroy'])
    .optional()
    .describe(
      'What the tool does; default: all but reads. Of tools of others only those are known that say that they destroy',
    ),
  kind: z
    .enum(['user', 'agent', 'hub', 'service'])
    .optional()
    .describe('Kind of the caller; default: all but `service`, the own controllers'),
  org: Org.optional().describe('Org of the caller'),
  decision: z
    .enum(['ask', 'allow', 'deny'])
    .default('ask')
    .describe('Wait for a person, go on without one, or be refused'),
})
export type ApprovalRule = z.infer<typeof ApprovalRule>

/** `switchyard.json` in the data directory. Read again when it changes. */
export const ConfigFile = z.strictObject({
  mcpServers: z
    .record(z.string().regex(/^[a-zA-Z0-9_-]{1,40}$/), UpstreamConfig)
    .default({})
    .describe('Third-party MCP servers behind this hub'),
  vaults: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/), VaultConfig)
    .default({})
    .describe('Obsidian vaults, or any folders of Markdown notes'),
  context: z
    .strictObject({
      auto: z
        .boolean()
        .default(true)
        .describe('Take in vaults, repositories of tasks, and what came of tasks by itself'),
    })
    .prefault({})
    .describe('The context store'),
  git: z
    .strictObject({
      maxPushMb: z
        .int()
        .min(1)
        .max(8192)
        .default(512)
        .describe('Most megabytes in one push of an agent'),
    })
    .prefault({})
    .describe('How agents without a folder in common with the hub send their work'),
  models: z
    .record(z.string(), z.string())
    .default({})
    .describe('Logical model name → provider/name'),
  runners: z
    .record(RunnerName, RunnerConfig)
    .default({})
    .describe('Coding agents that speak the Agent Client Protocol, by the name that tasks use'),
  prices: z
    .record(z.string().max(200), Price)
    .default({})
    .describe('What models cost, by provider/name; one that is not named has no known price'),
  tags: z.array(Tag).default([]).describe('Tags of this machine'),
  podEnv: z
    .array(z.string().regex(/^\w{1,128}$/))
    .default([])
    .describe('Variables pods may see'),
  approvals: z
    .array(ApprovalRule)
    .max(100)
    .default([])
    .describe('Calls that wait for a person; without a rule, those of agents that destroy do'),
  approvalHours: z
    .number()
    .min(0.01)
    .max(24 * 365)
    .default(24 * 7)
    .describe('Hours within which a question is answered; after that it has expired'),
  allowUnisolated: z
    .boolean()
    .default(false)
    .describe(
      "Whether owners may start work where pods are not isolated and could read the owner's token",
    ),
  placement: z
    .strictObject({
      spillToPeers: z
        .boolean()
        .default(false)
        .describe(
          'Whether tasks without a repository go to peers when nothing here has room; they count against no `maxPods` here',
        ),
    })
    .prefault({})
    .describe('Where work goes; an org may say otherwise'),
  orgs: z.record(Org, OrgConfig).default({}).describe('Limits and grants of each org'),
  radicle: z
    .strictObject({
      home: z
        .string()
        .optional()
        .describe(
          'Radicle home whose storage and node the hub uses, with keys of its own; default: RAD_HOME, else ~/.radicle',
        ),
    })
    .prefault({})
    .describe('Repositories with a `rad` remote'),
  forges: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/),
      z.strictObject({
        url: z.url({ protocol: /^https?$/ }).describe('Address of a Forgejo or Gitea'),
        tokenEnv: z
          .string()
          .regex(/^\w{1,128}$/)
          .describe('Variable of the environment of the hub that holds an access token'),
      }),
    )
    .default({})
    .describe('Forges whose pull requests are changes here'),
  clones: z
    .string()
    .regex(/^\//, 'an absolute path')
    .optional()
    .describe('Folder for what repo_clone brings; default: beside the data directory'),
  retention: Retention.prefault({}).describe('What is removed once it is old'),
  disk: DiskLimits.prefault({}).describe('When no new work is taken because the disk fills'),
})
export type ConfigFile = z.infer<typeof ConfigFile>

export type Config = Settings & { file: ConfigFile }

const variableOf = (setting: string) =>
  `SWITCHYARD_${setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

const settingVariables = Object.keys(Settings.shape).map(
  (name) => [variableOf(name), name] as const,
)

/** Settings from options over environment. An unknown variable of ours stops the start. */
export function readSettings(
  environment: Record<string, string | undefined>,
  options: Record<string, unknown> = {},
): Settings {
  const known = new Map(settingVariables)
  const raw: Record<string, unknown> = {}
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('SWITCHYARD_') || podVariables.includes(variable)) continue
    const name = known.get(variable)
    if (name === undefined) {
      const close = nearest(variable, known.keys())
      throw new HubError('invalid', `unknown environment variable ${variable}`, {
        hint: close ? `Did you mean ${close}?` : `Known: ${[...known.keys()].join(', ')}.`,
      })
    }
    if (value !== undefined && value !== '') raw[name] = value
  }
  const parsed = Settings.safeParse({ ...raw, ...options })
  if (parsed.success) return parsed.data
  throw new HubError('invalid', `settings: ${z.prettifyError(parsed.error)}`)
}
