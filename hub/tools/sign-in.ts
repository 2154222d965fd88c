import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { defineTool } from '../../servers/kit/tool.ts'
import type { Transaction } from '../../servers/kit/sql.ts'
import { kinds } from '../upstreams/lists.ts'
import type { Write } from '../upstreams/sign-in/record.ts'
import type { SignIn } from '../upstreams/sign-in/sign-in.ts'
import type { UpstreamLink } from '../upstreams/upstream.ts'
import type { Upstreams } from '../upstreams/upstreams.ts'

const server = z.string().max(40).describe('Server name')

const LoginState = z.object({
  state: z.enum(['signed_in', 'waiting']),
  link: z.url().optional().describe('To be opened in a browser within ten minutes'),
})
type LoginState = z.infer<typeof LoginState>

/** The tools that authenticate the hub with servers behind OAuth. */
export const signInTools = (upstreams: () => Upstreams) => [
  defineTool({
    name: 'server_login',
    title: 'Sign in to a server',
    description:
      'Gives a link by which a person signs the hub in to a third-party server behind OAuth, for all who use this hub. Show the link; the browser reports back by itself, and server_list then says ready.',
    effect: 'update',
    scope: 'admin',
    input: {
      server,
      answer: z
        .string()
        .max(8000)
        .optional()
        .describe('Address the browser ended at, where it could not reach this hub'),
    },
    output: LoginState,
    run: async ({ server: name, answer }, ctx): Promise<LoginState> => {
      const { link, signIn } = find(upstreams(), name)
      const signedIn = async (tx: Transaction) => {
        tx.about(name)
        const org = ctx.principal.orgs[0] ?? '*'
        await tx.event({ kind: 'server.signed_in', org, subject: name, data: {} })
      }
      if (answer !== undefined) {
        const write: Write = (change) =>
          ctx.transaction(async (tx) => {
            await change(tx)
            await signedIn(tx)
          })
        await signIn.finish(parametersOf(answer), write)
      } else {
        const url = await signIn.begin()
        await ctx.transaction(async (tx) => (url === undefined ? signedIn(tx) : tx.about(name)))
        if (url !== undefined) return { state: 'waiting', link: url }
      }
      void link.refresh(kinds)
      return { state: 'signed_in' }
    },
  }),
  defineTool({
    name: 'server_logout',
    title: 'Sign out of a server',
    description:
      'Forgets the tokens that authenticate the hub with a third-party server; its tools fail until server_login. Tokens that are stolen should be revoked at the server as well.',
    effect: 'destroy',
    scope: 'admin',
    idempotent: true,
    input: { server },
    output: z.object({ server: z.string() }),
    run: async ({ server: name }, ctx) => {
      const { link, signIn } = find(upstreams(), name)
      await signIn.forget((change) =>
        ctx.transaction((tx) => {
          tx.about(name)
          return change(tx)
        }),
      )
      void link.refresh(kinds)
      return { server: name }
    },
  }),
]

function find(upstreams: Upstreams, name: string): { link: UpstreamLink; signIn: SignIn } {
  const link = upstreams.link(name)
  if (!link)
    throw new HubError('not_found', `there is no server ${JSON.stringify(name)}`, {
      hint: 'server_list shows them.',
    })
  if (link.signIn) return { link, signIn: link.signIn }
  throw new HubError('unsupported', `${name} takes no sign-in`, {
    hint: 'Only HTTP servers do, where switchyard.json gives no header that holds a credential.',
  })
}

/** Of a whole address or of its path and query: a person pastes the one, the browser's own answer has the other. */
function parametersOf(answer: string): URLSearchParams {
  const query = answer.indexOf('?')
  if (query >= 0) return new URLSearchParams(answer.slice(query + 1).split('#')[0])
  throw new HubError('invalid', '`answer` has no query', {
    hint: 'Paste the whole address that the browser ended at.',
  })
}
