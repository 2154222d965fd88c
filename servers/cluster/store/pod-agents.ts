import type { Principal } from '../../../schemas/principal.ts'
import type { Transaction } from '../../kit/sql.ts'
import { mintToken } from '../../kit/store/tokens.ts'

/** Who a pod is to the hub until it holds a lease: it can claim its one task and nothing else. */
export const agentOf = (pod: {
  id: string
  org: string
  task: string | null
}): Principal | undefined =>
  pod.task === null
    ? undefined
    : { kind: 'agent', id: `agent-${pod.id}`, roles: ['agent'], orgs: [pod.org], task: pod.task }

/** A credential of the hub's for such an agent, where its cluster cannot say who it is. */
export const agentToken = (
  tx: Transaction,
  { pod, token: id }: { pod: string; token: string },
  principal: Principal,
): Promise<string> => mintToken(tx, { id, purpose: 'access', principal, label: `pod ${pod}`, pod })
