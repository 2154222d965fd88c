import type { UpstreamConfig } from '../../../schemas/upstream.ts'
import { UpstreamConfig as UpstreamSchema } from '../../../schemas/upstream.ts'
import type { PeerRole } from '../../../schemas/peer.ts'
import type { MeshNode } from '../../../schemas/principal.ts'
import type { Reader, Row, Transaction } from '../../../servers/kit/sql.ts'
import type { Seal } from '../../auth/seal.ts'

/** What is asked of another machine: to plan for it, to give it work, and to follow that. */
const asked = [
  ['capacity_read', 'placement_explain', 'cluster_list', 'node_list', 'pod_list', 'pod_log'],
  ['agent_list', 'whoami'],
  ['task_submit', 'task_read', 'task_list', 'task_wait', 'task_log', 'task_cancel'],
  ['task_message', 'task_retry', 'template_list', 'artifact_list', 'artifact_read'],
  ['repo_list', 'change_list', 'change_read', 'change_comment', 'change_review'],
].flat()

export type PeerRow = Row & {
  name: string
  url: string | null
  sealed: Uint8Array | null
  token_id: string | null
  role: PeerRole | null
  orgs: string
  joined_at: number
  /** Name of the machine of the mesh that its credential here counts from. */
  machine: string | null
}

export type Grant = { role: PeerRole; orgs: string[] }

export const readPeers = (reader: Reader): Promise<PeerRow[]> =>
  reader.all<PeerRow>('SELECT * FROM peers ORDER BY name')

export const isPeer = async (reader: Reader, name: string): Promise<boolean> =>
  (await reader.get('SELECT 1 AS there FROM peers WHERE name = :name', { name })) !== undefined

/** The peers that are called, as upstreams: a hub is one more MCP server, with a credential of its own. */
export async function peerUpstreams(
  reader: Reader,
  seal: () => Seal,
): Promise<Record<string, UpstreamConfig>> {
  const entries = (await readPeers(reader)).flatMap((row) => {
    const called = row.sealed ? calledBy(row, seal()) : undefined
    if (!called) return []
    const headers = { authorization: `Bearer ${called.token}` }
    const config = { url: `${called.url}/mcp`, headers, allow: asked }
    return [[row.name, UpstreamSchema.parse(config)] as const]
  })
  return Object.fromEntries(entries)
}

/** Adds a peer: one that is called, one that calls, or both. */
export function keepPeer(
  tx: Transaction,
  name: string,
  known: {
    called?: { url: string; sealed: Buffer }
    calls?: Grant & { tokenId: string; node: MeshNode | undefined }
  },
): Promise<void> {
  const { called, calls } = known
  return tx.insert('peers', {
    name,
    url: called?.url ?? null,
    sealed: called?.sealed ?? null,
    token_id: calls?.tokenId ?? null,
    role: calls?.role ?? null,
    orgs: JSON.stringify(calls?.orgs ?? []),
    joined_at: tx.now,
    machine: calls?.node?.name ?? null,
  })
}

/** How a peer is called: its address, and the credential that it gave. */
export type Called = { url: string; token: string }

/** Takes a peer out and returns its credential here and how it was called; undefined for no peer. */
export async function removePeer(
  tx: Transaction,
  seal: Seal,
  name: string,
): Promise<{ tokenId: string | null; called: Called | undefined } | undefined> {
  const [row] = await tx.all<PeerRow>('DELETE FROM peers WHERE name = :name RETURNING *', { name })
  return row && { tokenId: row.token_id, called: calledBy(row, seal) }
}

function calledBy({ name, url, sealed }: PeerRow, seal: Seal): Called | undefined {
  const token = url !== null && sealed ? seal.open(place(name, url), sealed) : undefined
  return url === null || token === undefined ? undefined : { url, token }
}

export const sealedFor = (seal: Seal, name: string, url: string, token: string): Buffer =>
  seal.close(place(name, url), token)

const place = (name: string, url: string) => `peer ${name}\n${url}`
