import { z } from 'zod'
import { OpenPage } from '../../schemas/chat-part.ts'
import { Principal } from '../../schemas/principal.ts'
import type { Clock } from '../../servers/kit/clock.ts'
import type { Calls } from '../calls/calls.ts'
import type { Store } from '../../servers/kit/store.ts'
import type { McpParts } from '../mcp/parts.ts'

/** What the chat takes beside what answers MCP clients: it is one more client, inside of the hub. */
export type ChatParts = McpParts & {
  store: Pick<Store, 'reader' | 'topics' | 'transaction'>
  calls: Pick<Calls, 'takeBack'>
  clock: Clock
  /** Signs what has to be known again after a restart. */
  key: Buffer
  /** Aborts when running calls should give up, at the end of a drain. */
  stopping: AbortSignal
  id(prefix: string): string
}

/** How a request is to be answered, kept until it is. */
export const Asked = z.object({
  /** On whose authority, with the roles of the moment when it was asked. */
  principal: Principal,
  model: z.string().optional(),
  page: OpenPage.optional(),
})
export type Asked = z.infer<typeof Asked>
