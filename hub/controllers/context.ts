import type { CallOptions } from '../calls/calls.ts'
import type { Hub } from '../hub.ts'

/** What a controller works with: tool calls under its own name, and the events since its cursor. */
export type ControllerContext = {
  hub: Hub
  signal: AbortSignal
  call<T>(tool: string, args: Record<string, unknown>, options?: CallOptions): Promise<T>
}

/** Runs one step. A failure is logged and left to the next round: steps are idempotent. */
export async function guarded(hub: Hub, name: string, step: () => Promise<unknown>): Promise<void> {
  try {
    await step()
  } catch (error) {
    hub.log.error({ error, controller: name }, 'a controller step failed; it will be tried again')
  }
}
