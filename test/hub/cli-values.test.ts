import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Task } from '../../schemas/task.ts'
import { sy } from '../helpers/command-line.ts'
import { startHub } from '../helpers/hub.ts'
import { startVault } from '../helpers/vault.ts'

const refused = (text: string) => ({
  code: 2,
  out: '',
  err: expect.stringContaining(text) as string,
})

test('a yes or a no is said in any of its words, and nothing else is taken for a no', async () => {
  const { hub, root } = await startVault({ 'A.md': 'A note.\n' })
  const move = (...words: string[]) =>
    sy(['call', 'note_move', '--data', hub.dataDir, '--from', 'A', '--to', 'B', ...words])
  for (const words of [['yes'], ['YES'], ['True'], ['1'], ['on'], []])
    expect(await move('--dry-run', ...words)).toMatchObject({ code: 0 })
  expect(await move('--dry-run', 'maybe')).toMatchObject(
    refused('--dry-run must be yes or no, not "maybe"'),
  )
  expect(await move('--dry-run=')).toMatchObject(refused('--dry-run must be yes or no'))
  expect(existsSync(join(root, 'A.md'))).toBe(true)
  expect(await move('--dry-run', 'Off')).toMatchObject({ code: 0 })
  expect(existsSync(join(root, 'A.md'))).toBe(false)
})

test('a value of another type names the option and what it takes', async () => {
  const { hub } = await startHub()
  const run = (...args: string[]) => sy(['call', ...args, '--data', hub.dataDir])
  const submit = (...args: string[]) => run('task_submit', '--template', 'command', ...args)
  expect(await run('plan_create', '--steps', '[bad')).toMatchObject(
    refused('--steps is not JSON: "[bad"'),
  )
  expect(await submit('--priority', 'high')).toMatchObject(
    refused('--priority must be a number, not "high"'),
  )
  expect(await submit('--priority', '')).toMatchObject(
    refused('--priority must be a number, not ""'),
  )
  expect(await submit('--priority', '1.5')).toMatchObject(
    refused('--priority must be a whole number, not "1.5"'),
  )
  const noJson = await submit('--resources', 'nope')
  expect(noJson).toMatchObject(refused('--resources is not JSON: "nope"'))
  expect(noJson.err).toContain('{"cpus": number, "memoryMb": whole number, "gpus": whole number}')
  const noObject = await submit('--budget', '5')
  expect(noObject).toMatchObject(refused('--budget must be a JSON object, not "5"'))
  expect(noObject.err).toContain('"tokens": whole number')
  expect(await submit('--json', '[1]')).toMatchObject(refused('--json must be a JSON object'))
  const trigger = ['--title', 'One', '--submit', '{"template":"command","command":"true"}']
  expect(await run('trigger_create', ...trigger, '--on', '{"kind":"manual"}')).toMatchObject({
    code: 0,
  })
  const made = await submit('--command', '5', '--priority=-3', '--resources', '{"cpus":2}')
  expect(JSON.parse(made.out) as Task).toMatchObject({ priority: -3, resources: { cpus: 2 } }) // Printed by call.
})

test('tools shows what each option takes', async () => {
  const { hub } = await startVault({})
  const show = async (tool: string) => (await sy(['tools', tool, '--data', hub.dataDir])).out
  const submit = await show('task_submit')
  expect(submit).toMatch(/--priority .*\n +whole number$/m)
  expect(submit).toMatch(/--isolation .*\n +one of none\|seatbelt\|userns\|bwrap\|container$/m)
  expect(submit).toMatch(/--resources .*\n +\{"cpus": number, /m)
  expect(await show('trigger_create')).toMatch(/^ +\{"kind": "manual"\} or \{"kind": "schedule", /m)
  expect(await show('note_move')).toMatch(/--dry-run .*\n +yes\/no$/m)
  expect(await show('token_create')).toMatch(/--orgs .*\n +list of text/m)
})

test('a setting that does not fit is named where it was given', async () => {
  const wanted = 'must be a whole number from 0 to 65535, not'
  expect(await sy(['start', '--port', 'abc'])).toMatchObject(refused(`--port ${wanted} "abc"`))
  expect(await sy(['start', '--port', '70000'])).toMatchObject(refused(`--port ${wanted} "70000"`))
  expect(await sy(['start', '--port='])).toMatchObject(refused(`--port ${wanted} ""`))
  expect(await sy(['start'], { SWITCHYARD_PORT: 'abc' })).toMatchObject(
    refused(`SWITCHYARD_PORT ${wanted} "abc"`),
  )
  expect(await sy(['start', '--apps-url', 'nowhere'])).toMatchObject(
    refused('--apps-url cannot be "nowhere"'),
  )
  expect(await sy(['start', '--apps-url', 'https://apps.example', '--port=-1'])).toMatchObject(
    refused(`--port ${wanted} "-1"`),
  )
})
