import type { Artifact } from '../../schemas/artifact.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Task, TaskInput } from '../../schemas/task.ts'
import type { ControllerContext } from './context.ts'

/** As JSON, all that a task is handed; task_submit takes a little more. */
const maxChars = 60_000
/** Of it, what artifacts hold: a prompt has to have room for it. */
const maxTextChars = 24_000
const maxArtifactBytes = 8192

type Read = { artifact: Artifact; encoding: 'utf8' | 'base64'; data: string; truncated: boolean }

/**
 * What earlier steps left, as a peer can read it: the ids are of this hub, so texts that artifacts hold
 * go along as far as there is room. Bytes that are no text stay here. Asked again it is the same, since
 * an artifact never changes.
 */
export async function inputsForPeer(
  { call }: Pick<ControllerContext, 'call'>,
  { inputs }: Task,
): Promise<TaskInput[]> {
  let left = Math.min(maxTextChars, maxChars - JSON.stringify(inputs).length)
  const sent: TaskInput[] = []
  for (const input of inputs) {
    const artifacts: TaskInput['artifacts'] = []
    for (const kept of input.artifacts) {
      const read = left > 0 ? await readText(call, kept.id) : undefined
      const chars = read === undefined ? 0 : JSON.stringify(read.text).length + 40
      if (!read || chars > left) artifacts.push(kept)
      else {
        artifacts.push({ ...kept, ...read })
        left -= chars
      }
    }
    sent.push({ ...input, artifacts })
  }
  return sent
}

async function readText(
  call: ControllerContext['call'],
  artifact: string,
): Promise<{ text: string; truncated?: true } | undefined> {
  try {
    const asked = { artifact, max_bytes: maxArtifactBytes }
    const { encoding, data, truncated } = await call<Read>('artifact_read', asked)
    if (encoding !== 'utf8') return undefined
    return { text: data, ...(truncated ? { truncated } : {}) }
  } catch (error) {
    if (error instanceof HubError && error.code === 'not_found') return undefined // Removed for its age.
    throw error
  }
}
