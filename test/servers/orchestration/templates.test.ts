import { existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Plan } from '../../../schemas/plan.ts'
import type { Task } from '../../../schemas/task.ts'
import type { Template } from '../../../schemas/template.ts'
import type { Trigger, TriggerRun } from '../../../schemas/trigger.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'
import { artifactText, logOf, runTask } from '../../helpers/run-task.ts'
import { read } from '../../helpers/triggers.ts'

const path = '.switchyard/templates/greet.yaml'
const template = `name: greet
title: Greet somebody
description: Writes a greeting.
params:
  who: { description: Whom to greet, required: true, maxLength: 40 }
  times: { type: integer, minimum: 1, maximum: 3, default: 1 }
  loud: { type: boolean, default: false }
  tone: { enum: [warm, cold], default: warm }
steps:
  - name: shell
    run: printf '%s %s %s\\n' "$PARAM_who" "$PARAM_times" "$PARAM_tone" | tee out.txt
  - name: program
    argv: [node, -e, 'console.log(process.argv.slice(1))', '{who}', 'loud={loud}']
artifacts: [out.txt]
`

const trust = (hub: TestHub, repo: string, more: object = {}) =>
  hub.call<{ commit: string; templates: Template[]; diff: string; changed: boolean }>(
    'template_trust',
    { repo, ...more },
  )

test('a template of a repository runs as it was trusted, with parameters as data', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const repo = await makeRepo({ [path]: template })
  const submit = { template: 'repo:greet', repo }
  expect(await failure(hub.call('task_submit', submit))).toMatchObject({
    code: 'not_found',
    hint: expect.stringContaining('template_trust') as string,
  })
  const seen = await trust(hub, repo, { dry_run: true })
  expect(seen).toMatchObject({ changed: true, templates: [{ name: 'repo:greet' }] })
  expect(seen.diff).toContain('+name: greet')
  expect(await failure(hub.call('task_submit', submit))).toMatchObject({ code: 'not_found' })
  const { commit } = await trust(hub, repo, { ref: seen.commit })

  const { items } = await hub.call<{ items: Template[] }>('template_list')
  expect(items.find(({ name }) => name === 'repo:greet')).toMatchObject({
    kind: 'repository',
    repo,
    commit,
    trustedBy: 'owner',
    params: {
      required: ['who'],
      properties: { who: { description: 'Whom to greet' }, times: { default: 1, maximum: 3 } },
    },
  })
  for (const [params, problem] of [
    [{}, /who: /],
    [{ who: 'x', times: 9 }, /times: .*3/],
    [{ who: 'x', tone: 'odd' }, /tone: /],
    [{ who: 'x', other: 1 }, /other: not a parameter/],
  ] as const) {
    const error = await failure(hub.call('task_submit', { ...submit, params }))
    expect(error).toMatchObject({ code: 'invalid' })
    expect(error.message).toMatch(problem)
  }

  const who = `x'; touch pwned; $(touch pwned) "\`y`
  // By its plain name, too, where no other repository has one of that name.
  const task = await runTask(hub, { template: 'greet', params: { who } })
  expect(task).toMatchObject({ state: 'succeeded', template: 'repo:greet', repo })
  expect(task.params).toMatchObject({ source: { commit, path }, values: { who, times: 1 } })
  expect(await artifactText(hub, task.id, 'outputs/out.txt')).toBe(`${who} 1 warm\n`)
  expect(await logOf(hub, task.id)).toContain("'loud=false'")
  expect(existsSync(join(repo, 'pwned'))).toBe(false)
})

test('a template that was changed is refused with the difference until it is trusted again', async () => {
  const hub = await startHub()
  const repo = await makeRepo({ [path]: template })
  const { commit } = await trust(hub, repo)
  writeFiles(repo, { 'other.txt': 'x' })
  await commitAll(repo, 'not a template')
  const submit = { template: 'repo:greet', repo, params: { who: 'x' } }
  expect((await hub.call<Task>('task_submit', submit)).state).toBe('queued')
  writeFiles(repo, { [path]: template.replace('printf', 'curl evil; printf') })
  const next = await commitAll(repo, 'changed')
  const refused = await failure(hub.call('task_submit', submit))
  expect(refused).toMatchObject({ code: 'conflict', details: { trusted: commit, found: next } })
  expect(refused.message).toContain('+    run: curl evil;')
  // What starts from the trusted commit still runs.
  expect(await hub.call('task_submit', { ...submit, ref: commit })).toMatchObject({
    params: { ref: commit },
  })
  expect(await trust(hub, repo, { dry_run: true })).toMatchObject({
    changed: true,
    diff: expect.stringContaining('+    run: curl evil;') as string,
  })
  await trust(hub, repo)
  const task = await hub.call<Task>('task_submit', submit)
  expect(JSON.stringify(task.params)).toContain('curl evil')
  await trust(hub, repo, { trust: false })
  expect(await failure(hub.call('task_submit', submit))).toMatchObject({ code: 'not_found' })
})

test('only an owner trusts, for one org, and nobody sees what another org trusts', async () => {
  const hub = await startHub()
  const repo = await makeRepo({ [path]: template })
  const dora = await hub.as('dora', 'developer')
  expect(await failure(dora.call('template_trust', { repo }))).toMatchObject({ code: 'denied' })
  await trust(hub, repo, { org: 'acme' })
  const names = async () =>
    (await dora.call<{ items: Template[] }>('template_list')).items.map(({ name }) => name)
  expect(await names()).not.toContain('repo:greet')
  const submit = { template: 'greet', params: { who: 'x' } }
  expect(await failure(dora.call('task_submit', submit))).toMatchObject({ code: 'not_found' })
  await trust(hub, repo)
  expect(await names()).toContain('repo:greet')
  expect(await dora.call('template_read', { name: 'greet' })).toMatchObject({ repo })
})

test('a name that two repositories use has to be told apart', async () => {
  const hub = await startHub()
  const repos = [await makeRepo({ [path]: template }), await makeRepo({ [path]: template })]
  for (const repo of repos) await trust(hub, repo)
  const submit = { template: 'greet', params: { who: 'x' } }
  expect(await failure(hub.call('task_submit', submit))).toMatchObject({ code: 'ambiguous' })
  expect(await hub.call('task_submit', { ...submit, repo: repos[1] })).toMatchObject({
    repo: repos[1],
  })
})

test.each([
  ['no YAML', ': [', /not YAML/],
  ['no template', 'name: x\n', /title/],
  [
    'the name of one of the hub',
    template.replace('greet', 'ci'),
    /is taken by a template of the hub/,
  ],
  ['an alias that grows', `a: &a [1]\nb: [*a, *a]\n${template}`, /not YAML/],
  ['a path that leads out', template.replace('out.txt]', '../../x]'), /stay inside/],
  ['a default that does not fit', template.replace('default: 1', 'default: 7'), /default of times/],
  ['an unknown field', `${template}secret: 1\n`, /secret/],
])('a file with %s is refused by name', async (_name, text, problem) => {
  const hub = await startHub()
  const repo = await makeRepo({ [path]: text })
  const error = await failure(trust(hub, repo))
  expect(error.code).toBe('invalid')
  expect(error.message).toMatch(problem)
})

test('a link in the folder of templates is none', async () => {
  const hub = await startHub()
  const repo = await makeRepo({ [path]: template })
  symlinkSync('/etc/hostname', join(repo, '.switchyard/templates/link.yaml'))
  await commitAll(repo, 'link')
  expect((await trust(hub, repo)).templates).toHaveLength(1)
})

test('a trigger submits the template that was trusted, and tells why it does not once that was changed', async () => {
  const hub = await startHub()
  const repo = await makeRepo({ [path]: template })
  await hub.call('branch_create', { repo, branch: 'known' })
  const submit = { template: 'greet', repo, params: { who: 'you' } }
  const on = { kind: 'manual' }
  const make = (more: object) =>
    hub.call<Trigger>('trigger_create', { title: 'greets', on, submit: { ...submit, ...more } })
  expect(await failure(make({}))).toMatchObject({ code: 'not_found' })
  await trust(hub, repo)
  expect(await failure(make({ params: { who: 'you', loud: 'very' } }))).toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('loud') as string,
  })
  const { id: trigger, submit: kept } = await make({})
  expect(kept).toMatchObject({ template: 'repo:greet', repo })
  const run = (key: string) =>
    hub.call<TriggerRun>('trigger_run', { trigger, idempotency_key: key, wait_ms: 20_000 })
  const { task } = await run('one')
  expect(await hub.call('task_read', { task })).toMatchObject({
    task: { template: 'repo:greet', provenance: { via: 'trigger', id: trigger } },
  })
  await hub.call('task_cancel', { task })
  await until(async () => (await read(hub, trigger)).runs[0]?.state === 'canceled')
  writeFiles(repo, { [path]: template.replace('tee out.txt', 'sh') })
  await commitAll(repo, 'changed')
  const changed = await run('two')
  expect(changed).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining('is not the one that was trusted') as string,
  })
})

test('a task is sent again after its template was changed or is trusted no more, and is the same', async () => {
  const hub = await startHub()
  const repo = await makeRepo({ [path]: template })
  await trust(hub, repo)
  const sent = { template: 'repo:greet', repo, params: { who: 'you' }, idempotency_key: 'one' }
  const { id } = await hub.call<Task>('task_submit', sent)
  writeFiles(repo, { [path]: template.replaceAll('who', 'whom') })
  await commitAll(repo, 'changed')
  expect((await hub.call<Task>('task_submit', sent)).id).toBe(id)
  await trust(hub, repo, { trust: false })
  expect((await hub.call<Task>('task_submit', sent)).id).toBe(id)
  const other = { ...sent, params: { who: 'me' } }
  expect(await failure(hub.call('task_submit', other))).toMatchObject({ code: 'conflict' })
  expect(await failure(hub.call('task_submit', { ...sent, idempotency_key: 'two' }))).toMatchObject(
    { code: 'not_found' },
  )
  const { idempotency_key: _key, ...step } = sent
  const steps = [{ name: 'greet', ...step }]
  writeFiles(repo, { [path]: template })
  await commitAll(repo, 'as it was')
  await trust(hub, repo)
  const plan = { steps, idempotency_key: 'plan' }
  const made = await hub.call<Plan>('plan_create', plan)
  await trust(hub, repo, { trust: false })
  expect((await hub.call<Plan>('plan_create', plan)).id).toBe(made.id)
})

test('a command of blanks, or with a character that no program can be given, is refused when it is submitted', async () => {
  const hub = await startHub()
  const submit = (command: string) =>
    failure(hub.call('task_submit', { template: 'command', command }))
  for (const command of ['', ' ', ' \n\t'])
    expect(await submit(command)).toMatchObject({
      code: 'invalid',
      message: 'template command: command: there is no command in it',
    })
  expect(await submit('echo a\0b')).toMatchObject({
    code: 'invalid',
    message: 'template command: command: no command line can have a NUL character in it',
  })
})
