import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { Runner, RunnerConfig, builtInRunner, usesHubModels } from '../../schemas/runner.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import { findRunner, isExternal } from '../kit/runners.ts'
import { defineTool } from '../kit/tool.ts'
import { runnerText, runnersText } from './texts.ts'

export const runnerList = defineTool({
  name: 'runner_list',
  title: 'List runners',
  description:
    'Lists what can carry a task out: the built-in loop, and the coding agents of switchyard.json that speak the Agent Client Protocol. Name one as `requirements.runner` of task_submit.',
  effect: 'read',
  scope: 'task:read',
  input: {},
  output: z.object({ items: z.array(Runner) }),
  text: runnersText,
  run: async (_input, ctx) => {
    const external = Object.entries(ctx.config.file.runners).map(([name, config]): Runner => {
      const { command, args, orgs } = config
      const shown = { name, command: [command, ...args], usesHubModels: usesHubModels(config) }
      return { ...shown, kind: 'acp', ...(orgs ? { orgs } : {}) }
    })
    const loop: Runner = { name: builtInRunner, kind: 'loop', usesHubModels: true }
    return { items: [loop, ...external] }
  },
})

export const runnerRead = defineTool({
  name: 'runner_read',
  title: 'Read a runner',
  description:
    'Shows how an external agent is started and what it may do. For agents that start it; runner_list is for people.',
  effect: 'read',
  scope: 'task:work',
  input: { runner: z.string().max(60).describe('Name under `runners` in switchyard.json') },
  output: RunnerConfig,
  text: runnerText,
  run: async ({ runner }, ctx) => {
    const config = findRunner(ctx.config.file, runner)
    const { orgs } = ctx.principal
    const org = orgs.find((one) => config.orgs?.includes(one)) ?? orgFor(ctx, undefined)
    if (!orgs.includes('*')) ctx.ensure('runner.use', { runner, org, orgs: config.orgs })
    return config
  },
})

/**
 * Refuses a task whose runner does not exist, is not for its org, or has nothing to do in its
 * template. Returns whether the hub's own models will be called.
 */
export function checkRunner(
  ctx: Context,
  asked: { runner: string | undefined; org: string; template: string; needsModel: boolean },
): boolean {
  const { runner, org, template, needsModel } = asked
  if (!isExternal(runner)) return needsModel
  const config = findRunner(ctx.config.file, runner)
  ctx.ensure('runner.use', { runner, org, orgs: config.orgs })
  if (needsModel) return usesHubModels(config)
  throw new HubError('invalid', `template ${template} is carried out without a model`, {
    hint: 'Leave `requirements.runner` out; it goes with templates such as code.',
  })
}
