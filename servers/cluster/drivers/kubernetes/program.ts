import { HubError } from '../../../../schemas/errors.ts'
import type { PodSpec } from '../../../kit/cluster-driver.ts'
import type { AgentAt } from './agent-pod.ts'
import type { Mark } from './names.ts'
import { audienceOf } from './names.ts'
import type { KubernetesSettings } from './settings.ts'

/** What a container runs: a command, or the agent that its image starts by itself. */
export type Program =
  | { image: string; command: string[]; agent?: undefined }
  | { image: string; command?: undefined; agent: AgentAt }

/** The agent of a registration; none where it has no image for it, or no place where it finds the hub. */
export function agentOf({
  agentImage,
  hubUrl,
  hubCa,
  mark,
}: Pick<KubernetesSettings, 'agentImage' | 'hubUrl' | 'hubCa'> & Mark): Program | undefined {
  if (agentImage === undefined || hubUrl === undefined) return undefined
  const audience = audienceOf({ mark })
  return { image: agentImage, agent: { hubUrl, audience, hasAuthority: hubCa !== undefined } }
}

export function programOf(
  program: PodSpec['program'],
  cluster: string,
  at: KubernetesSettings & Mark,
): Program {
  if (program.kind === 'command') return { image: at.image, command: program.command }
  const agent = agentOf(at)
  if (agent) return agent
  throw new HubError('unsupported', `${cluster} has no image for the agents of tasks`, {
    hint: 'Add it again with `agent_image` and `hub_url`, or name another cluster.',
  })
}
