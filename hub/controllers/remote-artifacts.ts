import type { Artifact } from '../../schemas/artifact.ts'
import { HubError } from '../../schemas/errors.ts'
import type { RemoteTask } from '../peers/store/remote-tasks.ts'
import type { ControllerContext } from './context.ts'

// One artifact is 3 MiB at most; what is more than these stays on the peer.
const maxArtifacts = 50
const maxTotalBytes = 32 * 1024 * 1024
const maxBytes = 3 * 1024 * 1024

type Read = { encoding: 'utf8' | 'base64'; data: string; truncated: boolean }

/** Keeps here what the task there kept, the newest of each name. Doing it again changes nothing. */
export async function copyArtifacts(
  { call }: ControllerContext,
  {
    row,
    fence,
    ask,
  }: {
    row: RemoteTask
    fence: number
    ask: (tool: string, args: Record<string, unknown>) => Promise<unknown>
  },
): Promise<void> {
  const { items } = (await ask('artifact_list', { task: row.remote_task, limit: 500 })) as {
    items: Artifact[]
  } // By its output schema, like the next.
  const newest = [...new Map(items.toReversed().map((one) => [one.name, one])).values()]
  let left = maxTotalBytes
  for (const { id: artifact, name, mediaType, sizeBytes } of newest.slice(0, maxArtifacts)) {
    left -= sizeBytes
    if (left < 0) return
    const { encoding, data } = (await ask('artifact_read', {
      artifact,
      max_bytes: maxBytes,
    })) as Read
    try {
      const kept = { task: row.task, fence, name, media_type: mediaType, encoding, data }
      await call('artifact_create', kept)
    } catch (error) {
      // A full disk costs the copy; the original is there.
      if (!(error instanceof HubError) || error.code !== 'exhausted') throw error
      return
    }
  }
}
