import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ConversationRead } from '../../../schemas/chat.ts'
import type { Pod } from '../../../schemas/cluster.ts'
import { ChatDevice, lastOf, toolsIn } from '../../helpers/chat.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { startHub, until } from '../../helpers/hub.ts'
import {
  openAiCall,
  openAiEnd,
  openAiText,
  startStreamingModel,
} from '../../helpers/streaming-models.ts'
import { ready, startWith, stdio } from '../../helpers/upstreams.ts'

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a stop reaches the program that a tool runs, and is confirmed when that is gone', async () => {
  const hub = await startHub()
  const pod = await hub.call<Pod>('pod_run', { command: ['sleep', '60'] })
  const file = join(makeFolder('chat'), 'pid')
  const device = new ChatDevice(hub)
  const command = ['sh', '-c', `echo $$ > ${file}; sleep 60 & wait`]
  const reading = await device.begin({
    message: { text: `/pod_exec ${JSON.stringify({ pod: pod.id, command })}` },
  })
  await reading.until('tool-input-available')
  const pidOf = () => {
    try {
      return Number(readFileSync(file, 'utf8'))
    } catch {
      return 0 // It has not begun yet.
    }
  }
  await until(() => pidOf() > 0)
  const { conversation } = reading.metadata
  expect(await device.stop(conversation)).toMatchObject({ confirmed: true })
  expect(isAlive(pidOf())).toBe(false)
  await reading.end()
  expect(reading.types.slice(-2)).toEqual(['abort', 'finish'])
  const last = lastOf(await hub.call<ConversationRead>('chat_read', { conversation }))
  expect(last.state).toBe('stopped')
  expect(toolsIn(last.parts)[0]).toMatchObject({ toolName: 'pod_exec', state: 'output-error' })
})

test('tools of servers behind the hub are called by the same road, and destroy nothing unasked', async () => {
  const calls: [string, object][] = [
    ['two_echo', { text: 'there and back' }],
    ['two_fail', {}],
    ['two_nothing', {}],
    ['two_drop', { table: 'users' }],
  ]
  const model = await startStreamingModel((asked, write) => {
    const results = asked.messages.filter(({ role }) => role === 'tool').length
    const call = calls[results]
    if (!call) return write(openAiText('Done.') + openAiEnd())
    const [name, args] = call
    write(
      openAiCall('same', 'tool_call', JSON.stringify({ name, arguments: args })) +
        openAiEnd('tool_calls'),
    )
  })
  const hub = await startWith({ two: stdio('v2', { FIXTURE_DROP: '1' }) }, model.openAi)
  await ready(hub, 'two')
  const device = new ChatDevice(hub)
  const reading = await device.begin({ message: { text: 'Try all of them' } })
  const asked = await reading.until('tool-approval-request')
  const approval = asked.type === 'tool-approval-request' ? asked.approvalId : ''
  await hub.call('approval_decide', { approval, decision: 'approve' })
  await reading.end()
  expect(reading.text).toBe('Done.')
  const { conversation } = reading.metadata
  const last = lastOf(await hub.call<ConversationRead>('chat_read', { conversation }))
  expect(toolsIn(last.parts).map(({ toolName, state }) => [toolName, state])).toEqual([
    ['two_echo', 'output-available'],
    ['two_fail', 'output-error'],
    ['two_nothing', 'output-error'],
    ['two_drop', 'output-available'],
  ])
  const [echo, fail] = toolsIn(last.parts)
  expect(echo).toMatchObject({ toolMetadata: { server: 'two', text: 'there and back' } })
  expect(fail?.errorText).toContain('on purpose')
})
