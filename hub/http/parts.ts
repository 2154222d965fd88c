import type { Reader } from '../../servers/kit/sql.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import type { Chat } from '../chat/chat.ts'
import type { McpParts } from '../mcp/parts.ts'
import type { Telemetry } from '../telemetry.ts'

/** What the doors over HTTP need beside what answers MCP clients. */
export type HttpParts = McpParts & {
  auth: Authenticator
  chat: Pick<Chat, 'submit' | 'follow' | 'halt'>
  telemetry: Telemetry
  store: { reader: Reader }
  startedAt: number
  /** True once no new work is taken; calls that finish running work still pass. */
  readonly draining: boolean
  id(prefix: string): string
}
