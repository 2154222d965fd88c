import type { Clock } from '../../servers/kit/clock.ts'
import type { Clusters } from '../../servers/kit/clusters.ts'
import type { Store } from '../../servers/kit/store.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import type { MeshIdentity } from '../auth/mesh-identity.ts'
import type { Calls } from '../calls/calls.ts'
import type { Chat } from '../chat/chat.ts'
import type { McpParts } from '../mcp/parts.ts'
import type { Telemetry } from '../telemetry.ts'

/** What the doors over HTTP need beside what answers MCP clients. */
export type HttpParts = McpParts & {
  auth: Authenticator
  mesh: MeshIdentity
  chat: Pick<Chat, 'submit' | 'follow' | 'halt'>
  telemetry: Telemetry
  store: Store
  clusters: Clusters
  clock: Clock
  startedAt: number
  /** True once no new work is taken; calls that finish running work still pass. */
  readonly draining: boolean
  id(prefix: string): string
  calls: Pick<Calls, 'tool' | 'relay' | 'stream'>
  /** Aborts at the end of a drain, when what still runs gives up. */
  stopping: AbortSignal
}
