import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { longPageInput, page } from '../../schemas/page.ts'
import { Org, Principal, isReservedName } from '../../schemas/principal.ts'
import type { Transaction } from '../../servers/kit/sql.ts'
import { defineTool } from '../../servers/kit/tool.ts'
import { readAgent } from '../../servers/orchestration/store/agents.ts'
import { listTokens, mintToken, readNamesake, revokeToken } from '../../servers/kit/store/tokens.ts'
import { owner } from '../auth/owner.ts'
import { tokensText } from './texts.ts'

const Grantable = z.enum(['owner', 'developer', 'viewer', 'worker'])

const TokenRow = z.object({
  id: z.string(),
  principal: z.string(),
  label: z.string(),
  roles: z.array(z.string()),
  orgs: z.array(z.string()),
  createdAt: z.int(),
  expiresAt: z.int().optional(),
})

export const tokenCreate = defineTool({
  name: 'token_create',
  title: 'Create a credential',
  description:
    'Makes a bearer token for a person, a script or a worker, with a role and orgs. The token is shown once; use token_revoke to end it.',
  effect: 'create',
  scope: 'admin',
  input: {
    name: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9._-]{0,59}$/,
        'a name is 1 to 60 lower-case letters, digits, dots, dashes or underscores, and begins with a letter or digit',
      )
      .describe('Who it is for, as the audit trail will name it'),
    role: Grantable.describe('developer, viewer, worker or owner'),
    orgs: z
      .array(z.union([Org, z.literal('*')]))
      .min(1)
      .max(50)
      .default(['default'])
      .describe('Orgs it may act in'),
    ttl_ms: z.int().min(1000).optional().describe('Life; default: until revoked'),
  },
  output: z.object({ id: z.string(), token: z.string() }),
  run: ({ name, role, orgs, ttl_ms: ttlMs }, ctx) => {
    const id = ctx.id('token')
    const principal: Principal = { kind: 'user', id: name, roles: [role], orgs }
    return ctx.transaction(async (tx) => {
      await assertNobodyElse(tx, principal)
      tx.about(id)
      const expires = ttlMs === undefined ? {} : { expiresAt: tx.now + ttlMs }
      return {
        id,
        token: await mintToken(tx, { id, purpose: 'access', principal, label: name, ...expires }),
      }
    })
  },
})

export const tokenList = defineTool({
  name: 'token_list',
  title: 'List credentials',
  description:
    'Lists live credentials of people and sessions, without the tokens themselves. Credentials of attempts are not shown; they die with their lease.',
  effect: 'read',
  scope: 'admin',
  input: longPageInput,
  output: page(TokenRow),
  text: tokensText,
  run: async (asked, ctx) => {
    const { items, ...rest } = await listTokens(ctx.reader, ctx.now(), asked)
    return {
      ...rest,
      items: items.map(({ principal: { id: principal, roles, orgs }, ...credential }) => ({
        ...credential,
        principal,
        roles,
        orgs,
      })),
    }
  },
})

export const tokenRevoke = defineTool({
  name: 'token_revoke',
  title: 'Revoke a credential',
  description:
    'Ends a credential at once; calls with it are refused from then on. Use token_list to find its id.',
  effect: 'destroy',
  scope: 'admin',
  idempotent: true,
  input: { id: z.string().max(60).describe('Credential id') },
  output: z.object({ id: z.string() }),
  run: ({ id }, ctx) =>
    ctx.transaction(async (tx) => {
      if (!(await revokeToken(tx, id))) {
        throw new HubError('not_found', `there is no credential ${JSON.stringify(id)}`, {
          hint: 'token_list shows them.',
        })
      }
      tx.about(id)
      return { id }
    }),
})

/** A name is who acts, to rules, grants and the audit trail: two of different rights cannot share one. */
async function assertNobodyElse(tx: Transaction, principal: Principal): Promise<void> {
  const { id: name, roles, orgs } = principal
  if (isReservedName(name)) {
    const whose = name === owner.id ? 'the owner of this hub' : 'the hub itself'
    throw new HubError('conflict', `${JSON.stringify(name)} is the name of ${whose}`, {
      hint: 'Choose another `name`: what is done with the credential is on record under it.',
    })
  }
  const agent = await readAgent(tx, name)
  if (agent && agent.principal !== name)
    throw new HubError('conflict', `an agent of ${agent.principal} is called ${name}`, {
      hint: 'Choose another `name`: what the agent did is on record under this one.',
    })
  const other = await readNamesake(tx, principal, tx.now)
  if (!other) return
  const rights = (of: Pick<Principal, 'roles' | 'orgs'>) =>
    `${of.roles.join(' and ')} in ${of.orgs.join(', ')}`
  throw new HubError(
    'conflict',
    `there is a credential for ${name} already, as ${rights(other)}, not as ${rights({ roles, orgs })}`,
    {
      hint: 'Ask for the same role and orgs, choose another `name`, or end that credential: token_list shows its id, token_revoke ends it.',
    },
  )
}
