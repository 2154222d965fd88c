import type { HubClient } from '../../agent/hub-client.ts'
import type { Approval, ApprovalGrant } from '../../schemas/approval.ts'
import type { Settings } from '../../schemas/config.ts'
import { HubError } from '../../schemas/errors.ts'
import { printJson } from './output.ts'
import { clientFor, parseSettings } from './settings.ts'

type Listed = { items: Approval[]; next?: string }

/** `switchyard approvals [ID]`: what waits for an answer, or one question in full; with --grants what stands. */
export async function approvals(args: string[]): Promise<number> {
  const { settings, values, positionals } = parseSettings('approvals', args)
  const client = clientFor(settings)
  const [id] = positionals
  if (values.grants) return listGrants(client, values.json === true)
  if (values.link) return printLink(client, required(id, 'approvals --link ID'))
  const listed = await client.call<Listed>('approval_list', {
    limit: 100,
    ...(id === undefined ? {} : { approval: id }),
    ...(values.task === undefined ? {} : { task: values.task }),
    ...(values.all ? { state: 'all' } : {}),
  })
  if (id !== undefined && listed.items.length === 0) throw unknown(id)
  if (values.json) printJson(listed)
  else if (listed.items.length === 0) process.stdout.write('Nothing waits for an answer.\n')
  else
    for (const item of listed.items)
      process.stdout.write(id === undefined ? line(item) : full(item))
  return 0
}

/** `switchyard approve ID [--scope once|task|rule] [--reason TEXT]`. */
export const approve = (args: string[]): Promise<number> =>
  answer('approve', parseSettings('approve', args))

/** `switchyard deny ID --reason TEXT`: the agent reads the reason. */
export const deny = (args: string[]): Promise<number> => answer('deny', parseSettings('deny', args))

type Answer = {
  settings: Settings
  values: Partial<Record<'json' | 'scope' | 'reason', string | boolean>>
  positionals: string[]
}

async function answer(
  decision: 'approve' | 'deny',
  { settings, values, positionals }: Answer,
): Promise<number> {
  const approval = required(positionals[0], `${decision} ID`)
  if (decision === 'deny' && values.reason === undefined)
    throw new HubError('invalid', 'deny needs a reason, which the caller reads', {
      hint: `switchyard deny ${approval} --reason "…"`,
    })
  const answered = await clientFor(settings).call<Approval>('approval_decide', {
    approval,
    decision,
    ...(values.reason === undefined ? {} : { reason: values.reason }),
    ...(values.scope === undefined ? {} : { scope: values.scope }),
  })
  if (values.json) printJson(answered)
  else process.stdout.write(line(answered))
  return 0
}

async function listGrants(client: HubClient, asJson: boolean): Promise<number> {
  const listed = await client.call<{ items: ApprovalGrant[] }>('grant_list', { limit: 200 })
  if (asJson) printJson(listed)
  else if (listed.items.length === 0) process.stdout.write('No yes stands.\n')
  else
    for (const { id, tool, kind, principal, task, givenBy } of listed.items)
      process.stdout.write(
        `${id}  ${tool} by ${task ?? principal ?? `every ${kind}`}, given by ${givenBy}\n`,
      )
  return 0
}

async function printLink(client: HubClient, approval: string): Promise<number> {
  const { url } = await client.call<{ url: string }>('approval_link', { approval })
  process.stdout.write(`${url}\n`)
  return 0
}

const line = ({ id, state, question, task, decidedBy, scope, outcome }: Approval): string =>
  `${id}  ${state}${decidedBy ? ` by ${decidedBy}` : ''}${scope && scope !== 'once' ? ` (${scope})` : ''}${outcome && outcome !== 'ok' ? `, call ${outcome}` : ''}  ${question}${task ? ` (${task})` : ''}\n`

function full(asked: Approval): string {
  const { diff, preview, ...details } = asked.details
  const change = diff ?? preview
  return [
    line(asked).trimEnd(),
    `asked by ${asked.askedBy} at ${new Date(asked.askedAt).toISOString()}`,
    ...(asked.expiresAt ? [`expires at ${new Date(asked.expiresAt).toISOString()}`] : []),
    ...(asked.reason ? [`reason: ${asked.reason}`] : []),
    ...(asked.outcome ? [`the call: ${asked.failure ?? asked.outcome}`] : []),
    JSON.stringify(details, null, 2),
    ...(typeof change === 'string' ? ['── what it would change', change.trimEnd()] : []),
    ...(asked.state === 'pending'
      ? ['', `switchyard approve ${asked.id}`, `switchyard deny ${asked.id} --reason "…"`]
      : []),
    '',
  ].join('\n')
}

function required(id: string | undefined, usage: string): string {
  if (id !== undefined) return id
  throw new HubError('invalid', 'the id of an approval is missing', {
    hint: `switchyard ${usage}; \`switchyard approvals\` lists them.`,
  })
}

const unknown = (id: string) =>
  new HubError('not_found', `there is no approval ${JSON.stringify(id)}`, {
    hint: '`switchyard approvals` lists what waits for an answer.',
  })
