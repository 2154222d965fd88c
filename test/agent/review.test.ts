import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { openChange } from '../helpers/changes.ts'
import { startHub } from '../helpers/hub.ts'
import { makeRepo } from '../helpers/repo.ts'
import type { Discussed } from '../helpers/review.ts'
import { runTask } from '../helpers/run-task.ts'

test('a reviewing model that names a line which is not there is told, and mends it', async () => {
  const made = (line: number) => ({
    verdict: 'request_changes',
    body: 'Say why.',
    comments: [{ path: 'src/sum.js', line, body: 'Why?', resolve: 'required' }],
  })
  const model = await startReviewer([made(99), made(2)])
  const hub = await startHub({ dispatch: 'local' }, { OPENAI_BASE_URL: `${model.url}/v1` })
  const repo = await makeRepo()
  const { id: change } = await openChange(hub, repo)
  const task = await runTask(hub, {
    ...{ template: 'review', repo, params: { change }, model: 'openai/tiny' },
  })
  expect(task).toMatchObject({ state: 'succeeded', attempts: 1 })
  expect(model.requests[1]).toContain('line 99 is not in src/sum.js, which has 3 lines')
  expect(await hub.call<Discussed>('change_read', { change, max_bytes: 0 })).toMatchObject({
    comments: [{ path: 'src/sum.js', line: 2, body: 'Why?' }],
    reviews: [{ verdict: 'request_changes', body: 'Say why.' }],
  })
})

/** An OpenAI-compatible server that gives these reviews one after another, and then has nothing to say. */
async function startReviewer(reviews: object[]) {
  const requests: string[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const send = (value: unknown) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
      if (request.url === '/v1/models')
        return send({ object: 'list', data: [{ id: 'tiny', object: 'model' }] })
      const review = reviews[requests.length]
      requests.push(text)
      const call = review && {
        id: `call-${requests.length}`,
        type: 'function',
        function: { name: 'review', arguments: JSON.stringify(review) },
      }
      send({
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1,
        model: 'tiny',
        choices: [
          {
            index: 0,
            message: call
              ? { role: 'assistant', content: null, tool_calls: [call] }
              : { role: 'assistant', content: 'Done.' },
            finish_reason: call ? 'tool_calls' : 'stop',
          },
        ],
        usage: { prompt_tokens: 50, completion_tokens: 5, total_tokens: 55 },
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests } // It listens on TCP.
}
