import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { carrying, signalProcess } from '../../servers/cluster/drivers/processes.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import { startActingModel } from './acting-model.ts'
import type { Case } from './case.ts'
import { toolchains } from './case.ts'
import { cases } from './cases/index.ts'
import type { Outcome } from './stage.ts'
import { play } from './stage.ts'

// `npm run eval [-- --only NAME] [--runs N] [--lanes N] [--patience SECONDS] [--runner NAME --config FILE]`:
// small repositories with a goal each, worked on by a scripted model that reacts, through the whole system
// and with faults; hidden checks decide. FILE is a switchyard.json that says how the runner is started.
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    runs: { type: 'string', default: '2' },
    lanes: { type: 'string', default: '3' },
    patience: { type: 'string', default: '300' },
    runner: { type: 'string' },
    config: { type: 'string' },
  },
})

const isHere = (program: string) =>
  (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)))
const chosen = cases.filter(({ name }) => name.includes(values.only))
const playable = chosen.filter(({ language }) => toolchains[language].every(isHere))
for (const { name, language } of chosen)
  if (!toolchains[language].every(isHere))
    console.log(`skipped ${name}: it needs ${toolchains[language].join(' and ')}`)

const root = mkdtempSync(join(tmpdir(), 'switchyard-eval-'))
let running: ProcessHub | undefined
// Whoever limits the time that this takes ends it so; nothing of it stays.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    const remove = () => rmSync(root, { recursive: true, force: true, maxRetries: 5 })
    void (running?.stop() ?? Promise.resolve()).then(remove).finally(() => process.exit(1))
  })
let failed = 0
let passed = 0
try {
  const runs: Map<string, Outcome>[] = []
  for (let run = 1; run <= Number(values.runs); run++) runs.push(await playAll(run))
  for (const { name } of playable) {
    const outcomes = runs.map((run) => run.get(name)).filter((outcome) => outcome !== undefined)
    const same = new Set(outcomes.map(({ trouble: _trouble, ...rest }) => JSON.stringify(rest)))
    const trouble = outcomes.find((outcome) => outcome.trouble !== undefined)?.trouble
    if (trouble === undefined && same.size === 1) passed++
    else failed++
    if (trouble !== undefined) console.log(`FAILED ${name}: ${trouble}`)
    if (same.size > 1) console.log(`FAILED ${name}: runs differ: ${[...same].join(' | ')}`)
  }
} finally {
  rmSync(root, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

async function playAll(run: number): Promise<Map<string, Outcome>> {
  const folder = join(root, `run-${run}`)
  const data = join(folder, 'data')
  mkdirSync(data, { recursive: true })
  const rules = [{ tool: 'change_open', kind: 'agent', org: 'careful' }]
  const config = values.config === undefined ? '{}' : readFileSync(values.config, 'utf8')
  const settings = { ...(JSON.parse(config) as object), approvals: rules }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify(settings))
  const tasks = new Map<string, string>()
  let starting: Promise<unknown> = Promise.resolve()
  const model = await startActingModel(playable, async ({ name }, kind) => {
    const task = tasks.get(name)
    if (kind === 'kill-hub') {
      starting = hub.kill().then(() => hub.start())
      await starting
    } else if (task !== undefined)
      for (const { pid } of carrying('SWITCHYARD_TASK').filter(({ value }) => value === task))
        signalProcess(pid, 'SIGKILL')
  })
  process.env.OPENAI_BASE_URL = model.url
  const hub = new ProcessHub(data, [
    '--lease-ms',
    '3000',
    '--max-pods',
    values.lanes,
    '--log-level',
    'silent',
  ])
  running = hub
  await hub.start()
  const outcomes = new Map<string, Outcome>()
  const queue = [...playable]
  const lane = async (): Promise<void> => {
    for (let known = queue.shift(); known; known = queue.shift()) {
      const startedAt = performance.now()
      const outcome = await playOne(known)
      outcomes.set(known.name, outcome)
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      console.log(
        `run ${run}  ${known.name.padEnd(14)} ${known.kind.padEnd(10)} ${`${outcome.state} ${outcome.code}`.trim().padEnd(18)} ` +
          `${outcome.revisions} revisions  ${model.calls(known.name)} model calls  ${seconds} s${outcome.trouble ? '  ✗' : ''}`,
      )
    }
  }
  const playOne = (known: Case) =>
    play(
      {
        client: hub.client(60_000),
        root: folder,
        runner: values.runner,
        patienceMs: Number(values.patience) * 1000,
        started: (name, task) => void tasks.set(name, task),
      },
      known,
    ).catch((error: unknown): Outcome => ({
      name: known.name,
      state: 'broken',
      code: '',
      revisions: 0,
      tree: '',
      trouble: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }))
  try {
    await Promise.all(Array.from({ length: Number(values.lanes) }, lane))
    await starting
  } finally {
    await hub.stop()
    model.stop()
  }
  return outcomes
}
