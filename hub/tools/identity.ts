import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { Principal } from '../../schemas/principal.ts'
import type { Scope } from '../../schemas/scope.ts'
import { roles } from '../../schemas/scope.ts'
import { mintToken } from '../../servers/kit/store/tokens.ts'
import { defineTool } from '../../servers/kit/tool.ts'

export const whoami = defineTool({
  name: 'whoami',
  title: 'Who am I',
  description: 'Shows who the hub takes you for: name, roles, scopes and orgs.',
  effect: 'read',
  scope: 'task:read',
  input: {},
  output: z.object({ principal: Principal, scopes: z.array(z.string()) }),
  run: async (_input, { principal }) => {
    const scopes = new Set<Scope>(principal.roles.flatMap((role) => [...roles[role]]))
    return { principal, scopes: [...scopes] }
  },
})

export const loginLink = defineTool({
  name: 'login_link',
  title: 'Make a login link',
  description:
    'Makes a link that signs a browser in to the dashboard as you, once, within ten minutes.',
  effect: 'create',
  scope: 'admin',
  input: {},
  output: z.object({ url: z.string() }),
  run: (_input, ctx) => {
    const id = ctx.id('login')
    const address = readFileSync(join(ctx.dataDir, 'run', 'endpoint'), 'utf8').trim()
    return ctx.transaction(async (tx) => {
      const code = await mintToken(tx, {
        id,
        purpose: 'login',
        principal: ctx.principal,
        label: 'login link',
        expiresAt: tx.now + 600_000,
      })
      tx.about(ctx.principal.id)
      return { url: `${address}/login?code=${code}` }
    })
  },
})
