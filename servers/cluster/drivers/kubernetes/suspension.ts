import { HubError } from '../../../../schemas/errors.ts'
import type { LivePod } from './live-pod.ts'
import type { LivePods } from './live-pods.ts'
import type { SandboxRef } from './sandbox-api.ts'
import { setMode } from './sandbox-api.ts'
import type { Transport } from './transport.ts'

// Kubernetes freezes nothing. In a Sandbox a pod ends and begins anew, and its volume stays meanwhile.

/** Has a pod end that is made again by `resumePod`; `unsupported` for one that nothing would make again. */
export async function suspendPod(transport: Transport, pods: LivePods, id: string): Promise<void> {
  const live = pods.running(id)
  const sandbox = sandboxFor(live)
  live.suspension = 'suspended' // Its end is awaited from now on, and is not its exit.
  try {
    await setMode(transport, live.handle, sandbox, 'Suspended')
  } catch (error) {
    live.suspension = undefined
    await pods.recheck(live)
    throw error
  }
  pods.suspend(live)
}

/** Has a suspended pod begin anew with what its volume holds; one that runs is left alone. */
export async function resumePod(transport: Transport, pods: LivePods, id: string): Promise<void> {
  const live = pods.get(id)
  if (live?.suspension === 'resuming') return
  if (!live?.suspension) {
    sandboxFor(pods.running(id))
    return
  }
  const sandbox = sandboxFor(live)
  pods.wake(live) // The next pod may be seen before the answer is here.
  try {
    await setMode(transport, live.handle, sandbox, 'Running')
  } catch (error) {
    if (pods.get(id)?.suspension === 'resuming') pods.suspend(live)
    throw error
  }
}

function sandboxFor({ spec, handle }: LivePod): SandboxRef {
  if (handle.sandbox) return handle.sandbox
  throw new HubError('unsupported', `the pod ${spec.id} is in no Sandbox, so it is not suspended`, {
    hint: 'Only agents of tasks are, in a cluster that was added with `sandbox`. Stop it by pod_delete and run it again.',
  })
}
