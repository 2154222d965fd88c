import { expect, test } from 'vitest'
import { commands } from '../../hub/cli/commands.ts'
import type { Task } from '../../schemas/task.ts'
import { manifest } from '../../servers/kit/code-root.ts'
import { sy } from '../helpers/command-line.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub } from '../helpers/hub.ts'

const refused = (text: string, hint = '') => ({
  code: 2,
  out: '',
  err: expect.stringMatching(new RegExp(`${text}[^]*${hint}`)) as string,
})

test('every command says how it is used, and none of them runs then', async () => {
  for (const name of Object.keys(commands)) {
    const shown = await sy([name, '--help'], { SWITCHYARD_DATA: makeFolder() })
    expect(shown).toMatchObject({ code: 0, err: '' })
    expect(shown.out).toMatch(new RegExp(`^switchyard ${name} `))
  }
  expect((await sy(['approve', '-h'])).out).toMatch(/^ +--scope once\|task\|rule +How far/m)
  expect((await sy(['help', 'start'])).out).toMatch(/^ +--port NUMBER +Port to listen on/m)
  expect(await sy(['--version'])).toMatchObject({ code: 0, out: `${manifest.version}\n` })
})

test('an option that a command does not know is refused in our own words', async () => {
  expect(await sy(['start', '--prot', '1'])).toMatchObject(
    refused('start has no option --prot', 'Did you mean --port\\?'),
  )
  expect(await sy(['doctor', '--port', '3'])).toMatchObject(refused('doctor has no option --port'))
  expect(await sy(['doctor', '--json=5'])).toMatchObject(refused('--json takes no value'))
  expect(await sy(['watch', 'a', 'b'])).toMatchObject(refused('watch takes no "b"'))
  expect(await sy(['deny', 'a', '--reason'])).toMatchObject(refused('--reason needs a value'))
  expect(await sy(['approve', 'a', '--scope', 'all'])).toMatchObject(
    refused('--scope must be one of once\\|task\\|rule, not "all"'),
  )
  expect(await sy(['demo', '--kil'])).toMatchObject(refused('demo has no option', '--kill\\?'))
  expect(await sy(['--data'])).toMatchObject(refused('--data needs a value'))
  expect(await sy(['--prot', '1', 'start'])).toMatchObject(refused('no option --prot before'))
})

test('where the data is may be said before the command', async () => {
  const { hub } = await startHub()
  for (const given of [['--data', hub.dataDir], [`--data=${hub.dataDir}`]]) {
    expect(await sy([...given, 'call', 'whoami'])).toMatchObject({ code: 0 })
    expect(await sy([...given, 'doctor'])).toMatchObject({ code: 0 })
    expect((await sy([...given, 'call', 'whoami', '--help'])).out).toContain('\nwhoami\n')
  }
})

test('a shell is offered what fits at its place', async () => {
  const hub = await startHub()
  const data = hub.hub.dataDir
  const task = await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  const offered = async (words: string[], env: Record<string, string> = {}) =>
    (await sy(['complete', '--', ...words], env)).out.trim().split('\n')
  const here = ['--data', data]
  expect(await offered(['wat'])).toEqual(['watch'])
  expect(await offered([...here, 'watch', ''])).toEqual([task.id])
  expect(await offered(['watch', ...here, ''])).toEqual([task.id])
  expect(await offered(['watch', ''], { SWITCHYARD_DATA: data })).toEqual([task.id])
  expect(await offered(['approve', ''], { SWITCHYARD_DATA: data })).toEqual([''])
  expect(await offered(['restore', ''])).toEqual([''])
  expect(await offered(['doctor', '--'])).toEqual(['--json', '--salvage', '--data'])
  expect(await offered(['connect', 'cursor', '--w'])).toEqual(['--write'])
  expect(await offered(['approve', 'a', '--scope', ''])).toEqual(['once', 'task', 'rule'])
  expect(await offered(['start', '--log-level', 'de'])).toEqual(['debug'])
  expect(await offered([...here, 'call', 'task_su'])).toEqual(['task_submit'])
  const submit = [...here, 'call', 'task_submit']
  expect(await offered([...submit, '--template', 'com'])).toEqual(['command'])
  expect(await offered([...submit, '--isolation', 'b'])).toEqual(['bwrap'])
  expect(await offered([...submit, '--template', '=', 'com'])).toEqual(['command'])
  expect(await offered(['start', '--log-level', '='])).toContain('debug')
  expect(await offered([...submit, '--priori'])).toEqual(['--priority'])
  expect(await offered(['call', ...here, 'task_read', '--task', ''])).toEqual([task.id])
})
