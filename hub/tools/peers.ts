import { z } from 'zod'
import { Peer, PeerName, PeerRole } from '../../schemas/peer.ts'
import { Org } from '../../schemas/principal.ts'
import { withLock } from '../../servers/kit/locks.ts'
import { defineTool } from '../../servers/kit/tool.ts'
import type { MeshIdentity } from '../auth/mesh-identity.ts'
import type { Seal } from '../auth/seal.ts'
import { Admission, Joined, admit, invite, join } from '../peers/joining.ts'
import { Left, leave } from '../peers/leaving.ts'
import { readPeerStates } from '../peers/status.ts'
import { readPeers } from '../peers/store/peers.ts'
import type { Upstreams } from '../upstreams/upstreams.ts'

type Sources = { upstreams(): Upstreams; seal(): Seal; mesh(): MeshIdentity; url(): string }

const orgs = z.array(Org).min(1).max(50).default(['default']).describe('Orgs it may act in here')
const ownUrl = z
  .url({ protocol: /^https?$/ })
  .optional()
  .describe('Address by which the other hub reaches this one; default: where it listens')

/** The tools by which hubs become each other's peers. A peer is an upstream that is a hub. */
export const peerTools = ({ upstreams, seal, mesh, url }: Sources) => [
  defineTool({
    name: 'peer_list',
    title: 'List peers',
    description:
      'Lists the other hubs that this one works with: state, what each may do here, and the capacity of its machine, asked now. Their tools are called as NAME_task_submit and so on.',
    effect: 'read',
    scope: 'cluster:read',
    input: {},
    output: z.object({ items: z.array(Peer) }),
    run: async (_input, ctx) => ({
      items: await readPeerStates(await readPeers(ctx.reader), upstreams()),
    }),
  }),
  defineTool({
    name: 'peer_invite',
    title: 'Invite a peer',
    description:
      'Makes an invitation by which one other hub becomes a peer of this one within ten minutes; hand it to its owner for peer_add. It grants a role here; with mutual the other hub grants one back.',
    effect: 'create',
    scope: 'admin',
    input: {
      role: PeerRole.default('viewer').describe('What the peer may do here'),
      orgs,
      mutual: z
        .boolean()
        .default(false)
        .describe('This hub then calls the other too, and offers its tools'),
      url: ownUrl,
    },
    output: z.object({
      invitation: z.string(),
      expiresAt: z.int(),
      note: z.string().optional().describe('What limits its use, if something does'),
    }),
    run: (input, ctx) => invite(ctx, { ...input, url: input.url ?? url() }),
  }),
  defineTool({
    name: 'peer_add',
    title: 'Add a peer',
    description:
      'Joins another hub with an invitation that its owner made by peer_invite. From then on its tools can be called here under its name, as far as it granted.',
    effect: 'create',
    scope: 'admin',
    input: {
      invitation: z.string().max(500).describe('What peer_invite gave on the other hub'),
      name: PeerName.describe('What the other hub is called here'),
      as: PeerName.describe('What this hub is called there'),
      role: PeerRole.default('viewer').describe('What the other may do here, if it asks for that'),
      orgs,
      url: ownUrl,
    },
    output: Joined,
    run: async (input, ctx) => {
      // One after another: of two of one name the second would be let in there and find its name taken here.
      const joined = await withLock(`peer_add ${ctx.dataDir}`, () =>
        join(ctx, { seal: seal(), mesh: mesh() }, { ...input, url: input.url ?? url() }),
      )
      await upstreams().configure(ctx.config)
      return joined
    },
  }),
  defineTool({
    name: 'peer_join',
    title: 'Join as a peer',
    description: 'What a hub calls that was invited; people use peer_add on that hub instead.',
    effect: 'create',
    scope: 'peer:join',
    input: {
      name: PeerName.describe('What the joining hub is called here'),
      url: z.url().optional().describe('Where it is called, if that is mutual'),
      token: z.string().max(200).optional().describe('Lets this hub in there'),
    },
    output: Admission,
    run: async (input, ctx) => {
      const answer = await admit(ctx, seal(), input)
      await upstreams().configure(ctx.config)
      return answer
    },
  }),
  defineTool({
    name: 'peer_remove',
    title: 'Remove a peer',
    description:
      'Ends a peering from this side: its credential here dies at once, and its tools are gone. The peer is told to cancel what it was given; here that is queued again. The answer says what may still run there. The other hub keeps its own half until its owner removes it.',
    effect: 'destroy',
    scope: 'admin',
    idempotent: true,
    input: { name: PeerName.describe('What the peer is called here') },
    output: Left,
    run: ({ name }, ctx) =>
      leave(ctx, name, { seal: seal(), forget: () => upstreams().configure(ctx.config) }),
  }),
]
