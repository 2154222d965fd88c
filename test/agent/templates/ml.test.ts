import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { parseMetrics } from '../../../agent/results/metrics.ts'
import { fillArguments } from '../../../agent/runners/parameters.ts'
import { withParameters } from '../../../agent/runners/notebook.ts'
import { startHub } from '../../helpers/hub.ts'
import { makeRepo } from '../../helpers/repo.ts'
import { artifactText, logOf, runTask, textRead } from '../../helpers/run-task.ts'

const script = `
import { readFileSync, writeFileSync } from 'node:fs'
const { lr, note } = JSON.parse(readFileSync(process.env.PARAMS_FILE, 'utf8'))
console.log(JSON.stringify({ argv: process.argv.slice(2), env: process.env.PARAM_note, lr, note }))
const out = process.env.OUTPUT_DIR
writeFileSync(out + '/metrics.jsonl', '{"step":1,"loss":2}\\n{"step":2,"loss":0.5}\\n')
writeFileSync(out + '/plot.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>')
`

test('ml runs a script with parameters, and keeps its metrics and outputs', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const repo = await makeRepo({ 'train.mjs': script })
  const note = 'a "b"; $(touch pwned) {lr}'
  const params = {
    script: 'train.mjs',
    args: ['--lr={lr}', '{note}'],
    parameters: { lr: 0.1, note },
  }
  const task = await runTask(hub, { template: 'ml', repo, params })
  expect(task.state).toBe('succeeded')
  expect(task.result?.metrics).toEqual({ step: 2, loss: 0.5 })
  const said = (await logOf(hub, task.id)).split('\n').find((line) => line.startsWith('{"argv"'))
  expect(JSON.parse(said ?? '')).toEqual({ argv: ['--lr=0.1', note], env: note, lr: 0.1, note })
  expect(await artifactText(hub, task.id, 'outputs/plot.svg')).toContain('<svg')
  expect(await artifactText(hub, task.id, 'params.json')).toContain('"lr": 0.1')
  expect(await textRead(hub, task.id)).toContain('"metrics":{"step":2,"loss":0.5}')
})

test('ml refuses what leads out of the repository, and a script that is not there', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const repo = await makeRepo({ 'a.txt': '' })
  const submit = (params: object) => hub.call('task_submit', { template: 'ml', repo, params })
  await expect(submit({ script: '../x.py' })).rejects.toThrow(/stay inside the workspace/)
  await expect(submit({})).rejects.toThrow(/either `script` or `notebook`/)
  const task = await runTask(hub, { template: 'ml', repo, params: { script: 'no.py' } })
  expect(task).toMatchObject({ state: 'failed', failure: { code: 'not_found' } })
})

const cell = (source: string, tags?: string[]) => ({
  cell_type: 'code',
  metadata: tags ? { tags } : {},
  execution_count: null,
  outputs: [],
  source,
})
const notebook = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {},
  cells: [
    cell('lr = 1', ['parameters']),
    cell('import json\njson.dump({"lr": lr}, open("metrics.json", "w"))'),
  ],
}

test('a notebook runs where the machine can, and else it says what to install', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const repo = await makeRepo({ 'a.ipynb': JSON.stringify(notebook) })
  const params = { notebook: 'a.ipynb', parameters: { lr: 0.25 } }
  const task = await runTask(hub, { template: 'ml', repo, params })
  const can = spawnSync('python3', ['-c', 'import nbconvert, ipykernel']).status === 0
  if (can) {
    expect(task).toMatchObject({ state: 'succeeded', result: { metrics: { lr: 0.25 } } })
    expect(await artifactText(hub, task.id, 'outputs/a.ipynb')).toContain('injected-parameters')
  } else expect(task).toMatchObject({ state: 'failed', failure: { code: 'unsupported' } })
})

test('parameters of a notebook stand behind the cell that is tagged for them, as Python', () => {
  const parameters = { a: 'x"y\n', b: true, c: 1.5 }
  const { cells } = withParameters(notebook, parameters)
  expect(cells.map(({ metadata }) => metadata.tags)).toEqual([
    ['parameters'],
    ['injected-parameters'],
    undefined,
  ])
  expect(cells[1]).toMatchObject({ source: 'a = "x\\"y\\n"\nb = True\nc = 1.5\n' })
})

test('arguments stay whole whatever a parameter holds; other braces are left alone', () => {
  expect(fillArguments(['{a}', 'x={a}', '{b}', '{}'], { a: "it's $HOME {b}" })).toEqual([
    "it's $HOME {b}",
    "x=it's $HOME {b}",
    '{b}',
    '{}',
  ])
})

test.each([
  [['{"loss": 1, "nested": {"f1": 0.5}, "text": "x", "bad": null}'], { loss: 1, 'nested.f1': 0.5 }],
  [['{"name": "auc", "value": 0.9}', '{"name": "auc", "value": 0.95}'], { auc: 0.95 }],
  [['[1]', 'nonsense'], {}],
])('metrics of %j', (texts, metrics) => {
  expect(parseMetrics(texts, 'metrics.jsonl').metrics).toEqual(metrics)
})
