import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { HubClient } from '../../../agent/hub-client.ts'
import type { Task } from '../../../schemas/task.ts'
import { startCountingModel } from '../../helpers/counting-model.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { startHub } from '../../helpers/hub.ts'
import { ProcessHub } from '../../helpers/process-hub.ts'

const prompt = [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }]
const prices = { 'openai/tiny': { inputUsd: 0.25, outputUsd: 2, cachedInputUsd: 0.025 } }

type Answer = { usage: { inputTokens: number; outputTokens: number }; costUsd: number }
type State = { spent: { steps: number; tokens: number; costUsd: number }[]; lines: object[] }
type Sums = {
  items: { calls: number; failed: number; inputTokens: number; outputTokens: number }[]
}

function folder(): string {
  const data = makeFolder('hub')
  mkdirSync(data, { recursive: true })
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ prices, allowUnisolated: true }))
  return data
}

/** The same sequence of numbers for the same seed. */
function seeded(seed: number) {
  let state = seed
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state % below
  }
}

/** A task of its own with an agent that holds it. */
async function leased(hub: TestHub, number: number): Promise<{ task: string; agent: HubClient }> {
  const { id: task } = await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  const worker = await hub.as(`walt-${number}`, 'worker')
  const { lease } = await worker.call<{ lease: { token: string } }>('task_claim', {
    ...{ agent: `walt-${number}`, task },
  })
  return { task, agent: hub.client.withToken(lease.token) }
}

const total = (answers: Answer[]) => ({
  steps: answers.length,
  tokens: answers.reduce((sum, { usage }) => sum + usage.inputTokens + usage.outputTokens, 0),
})
const money = (answers: Answer[]) => answers.reduce((sum, { costUsd }) => sum + costUsd, 0)

test.each([1, 2, 3])(
  'rows, sums and answers agree, whatever calls come to (seed %i)',
  async (seed) => {
    const random = seeded(seed)
    const model = await startCountingModel(() => ({
      ...{ input: random(5000), output: random(500), cached: random(3000) },
      ...(random(8) === 0 ? { status: 400 } : {}),
    }))
    const hub = await startHub({ data: folder(), rateLimit: 0 }, model.environment)
    const payers = await Promise.all([1, 2, 3].map((number) => leased(hub, number)))
    const inPlan = payers.slice(0, 2)
    for (const { task } of inPlan)
      await hub.hub.store.transaction((tx) =>
        tx.run(`UPDATE tasks SET plan = 'plan-one' WHERE id = :task`, { task }),
      )
    const answers = new Map<string, Answer[]>([
      ['', []],
      ...payers.map(({ task }) => [task, []] as [string, Answer[]]),
    ])
    const calls = Array.from({ length: 120 }, async () => {
      const payer = payers[random(4)]
      const signal = random(10) === 0 ? AbortSignal.timeout(random(30)) : undefined
      const made = (payer?.agent ?? hub.client).call<Answer>(
        'model_generate',
        { prompt },
        { signal },
      )
      await made.then(
        (answer) => answers.get(payer?.task ?? '')!.push(answer),
        () => undefined,
      )
    })
    await Promise.all(calls)
    // Who gave up waiting may have been answered all the same, so compare with what is on record.
    const all = [...answers.values()].flat()
    const org = await hub.call<State>('budget_read')
    expect(org.spent[0]!.steps).toBeGreaterThanOrEqual(all.length)
    const tasks = await hub.call<Sums>('usage_read', { by: 'task' })
    const sum = tasks.items.reduce(
      (n, { inputTokens, outputTokens }) => n + inputTokens + outputTokens,
      0,
    )
    expect(org.spent[0]!.tokens).toBe(sum)
    const ofPayers = await Promise.all(
      payers.map(async ({ task }) => {
        const { spent } = await hub.call<State>('budget_read', { task })
        const { items } = await hub.call<Sums>('usage_read', { task })
        const calls = items.reduce((n, item) => n + item.calls - item.failed, 0)
        expect(spent[0]!.steps).toBe(calls)
        expect(spent[0]!.steps).toBeGreaterThanOrEqual(total(answers.get(task)!).steps)
        if (spent[0]!.steps === answers.get(task)!.length) {
          expect(spent[0]).toMatchObject(total(answers.get(task)!))
          expect(spent[0]!.costUsd).toBeCloseTo(money(answers.get(task)!), 9)
        }
        return spent[0]!
      }),
    )
    const plan = await hub.call<State>('budget_read', { plan: 'plan-one' })
    expect(plan.spent[0]!.tokens).toBe(ofPayers[0]!.tokens + ofPayers[1]!.tokens)
    const left = await hub.hub.store.reader.all('SELECT * FROM model_reservations')
    expect(left).toEqual([])
  },
)

test('a hub that is killed in the middle of calls holds nothing back afterwards and loses no row', async () => {
  const model = await startCountingModel(async () => {
    await new Promise((resolve) => setTimeout(resolve, 40)) // A model takes its time.
    return { input: 100, output: 10 }
  })
  vi.stubEnv('OPENAI_BASE_URL', model.environment.OPENAI_BASE_URL)
  onTestFinished(() => void vi.unstubAllEnvs())
  const hub = new ProcessHub(folder(), ['--rate-limit', '0'])
  onTestFinished(() => hub.kill())
  await hub.start()
  await hub.client().call('budget_set', { budget: { day: { tokens: 1_000_000 } } })
  let answered = 0
  for (let round = 0; round < 4; round++) {
    const calls = Array.from({ length: 12 }, () =>
      hub
        .client(0)
        .call<Answer>('model_generate', { prompt })
        .then(
          () => void answered++,
          () => undefined,
        ),
    )
    const before = model.requests.length
    await vi.waitFor(() => expect(model.requests.length).toBeGreaterThan(before + 3), 20_000)
    await hub.kill()
    await Promise.all(calls)
    await hub.start()
  }
  const client = hub.client()
  await client.call<Answer>('model_generate', { prompt })
  await vi.waitFor(async () => {
    const { lines } = await client.call<{ lines: { reserved: number }[] }>('budget_read')
    expect(lines).toMatchObject([{ reserved: 0 }])
  }, 20_000)
  const { items } = await client.call<Sums>('usage_read', { by: 'org' })
  const [{ calls, failed, inputTokens, outputTokens }] = items as [Sums['items'][number]]
  const { spent } = await client.call<State>('budget_read')
  expect(spent[0]).toMatchObject({ steps: calls - failed, tokens: inputTokens + outputTokens })
  expect(spent[0]!.tokens).toBe(110 * spent[0]!.steps)
  // Every answer that somebody got is on record, and so is every call that was lost.
  expect(spent[0]!.steps).toBeGreaterThanOrEqual(answered + 1)
  expect(failed).toBeGreaterThan(3)
  expect(calls).toBeGreaterThanOrEqual(model.requests.length)
})
