import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import type { ConversationRead } from '../../../schemas/chat.ts'
import { ChatDevice, lastOf } from '../../helpers/chat.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { until } from '../../helpers/hub.ts'
import { ProcessHub } from '../../helpers/process-hub.ts'

// Keeps the answer's own row from being written for as long as anybody looks.
const slowly = `CREATE TRIGGER slowly BEFORE UPDATE ON chat_messages WHEN NEW.state = 'waiting' BEGIN
  SELECT (WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 10000000000)
          SELECT count(*) FROM c);
END`

test('a question whose answer was cut off before it waited for it is taken back at the next start', async () => {
  const data = makeFolder('chat')
  const approvals = [{ tool: 'task_submit', kind: 'user', decision: 'ask' }]
  const settings = { approvals, allowUnisolated: true }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify(settings))
  const hub = new ProcessHub(data)
  onTestFinished(() => hub.kill())
  await hub.start()
  const store = new Database(join(data, 'switchyard.db'))
  onTestFinished(() => void store.close())
  store.exec(slowly)
  await new ChatDevice(hub).begin({
    message: { text: '/task_submit template=command command="echo once"' },
  })
  const asked = store.prepare("SELECT count(*) FROM approvals WHERE state = 'pending'").pluck()
  await until(() => asked.get() === 1)
  await hub.kill()
  const states = store.prepare("SELECT state FROM chat_messages WHERE role = 'assistant'").pluck()
  expect([states.all(), asked.get()]).toEqual([['running'], 1])
  const named = store.prepare('SELECT id FROM conversations').pluck()
  const conversation = String(named.get())
  store.exec('DROP TRIGGER slowly')
  await hub.start()
  const client = hub.client()
  const read = () => client.call<ConversationRead>('chat_read', { conversation })
  await until(async () => lastOf(await read()).state === 'interrupted')
  expect((await client.call<{ items: unknown[] }>('approval_list', {})).items).toEqual([])
  expect(store.prepare('SELECT count(*) FROM held_calls').pluck().get()).toBe(0)
  expect((await client.call<{ items: unknown[] }>('task_list', {})).items).toEqual([])
  // A person asks again, and is asked anew.
  const again = await new ChatDevice(hub).begin({
    message: { text: '/task_submit template=command command="echo once"' },
    conversation,
  })
  await again.until('tool-approval-request')
  expect((await client.call<{ items: unknown[] }>('approval_list', {})).items).toHaveLength(1)
})
