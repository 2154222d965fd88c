import type { ClientContext, SessionConfigOption, SessionModeState } from '@agentclientprotocol/sdk'
import { methods } from '@agentclientprotocol/sdk'
import { HubError } from '../../schemas/errors.ts'
import type { RunnerConfig } from '../../schemas/runner.ts'
import { usesHubModels } from '../../schemas/runner.ts'

/** What an agent said can be chosen in its session. */
export type Offered = {
  modes?: SessionModeState | null | undefined
  configOptions?: SessionConfigOption[] | null | undefined
}

/** Chooses the mode of the runner's configuration and the task's model, where they are said. */
export async function choose(
  agent: ClientContext,
  sessionId: string,
  offered: Offered,
  { config, model }: { config: RunnerConfig; model: string | undefined },
): Promise<void> {
  const { mode, models } = config
  if (mode !== undefined) await chooseMode(agent, sessionId, offered, mode)
  // A model of the hub is named in the agent's own configuration, by `${hub:model}`.
  const mapped = model === undefined ? undefined : models[model]
  const wanted = mapped ?? (usesHubModels(config) ? undefined : model)
  if (wanted !== undefined) await chooseOption(agent, sessionId, offered, ['model', wanted])
}

async function chooseMode(
  agent: ClientContext,
  sessionId: string,
  offered: Offered,
  mode: string,
): Promise<void> {
  const modes = offered.modes?.availableModes ?? []
  if (modes.length === 0) return chooseOption(agent, sessionId, offered, ['mode', mode])
  if (!modes.some(({ id }) => id === mode)) {
    const ids = modes.map(({ id }) => id)
    throw notOffered('mode', mode, ids)
  }
  await agent.request(methods.agent.session.setMode, { sessionId, modeId: mode })
}

async function chooseOption(
  agent: ClientContext,
  sessionId: string,
  { configOptions }: Offered,
  [category, wanted]: ['mode' | 'model', string],
): Promise<void> {
  const option = (configOptions ?? []).find((each) => each.category === category)
  const values =
    option?.type === 'select'
      ? option.options.flatMap((each) => ('group' in each ? each.options : [each]))
      : []
  if (!option || !values.some(({ value }) => value === wanted))
    throw notOffered(
      category,
      wanted,
      values.map(({ value }) => value),
    )
  if ('currentValue' in option && option.currentValue === wanted) return
  const chosen = { sessionId, configId: option.id, value: wanted }
  await agent.request(methods.agent.session.setConfigOption, chosen)
}

const notOffered = (what: string, wanted: string, known: string[]) =>
  new HubError('unsupported', `the agent offers no ${what} ${JSON.stringify(wanted)}`, {
    hint:
      known.length === 0
        ? `It lets no ${what} be chosen; leave it out.`
        : `It offers: ${known.slice(0, 30).join(', ')}. Map others under \`models\` of the runner.`,
  })
