import { mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { Outcome, Work } from '../attempt.ts'
import { detectSetup } from '../checks/detect.ts'
import { runSteps } from '../checks/run.ts'
import { insideRoot } from '../jail.ts'
import { runCommand } from '../processes.ts'
import { keepFiles } from '../results/keep.ts'
import { readMetrics } from '../results/metrics.ts'
import { openWorkspace } from '../workspace/workspace.ts'
import { exists } from './files.ts'
import { keepPlots, notebookCommand } from './notebook.ts'
import { fillArguments, parameterEnv } from './parameters.ts'

const Params = z.object({
  script: z.string().optional(),
  notebook: z.string().optional(),
  args: z.array(z.string()).default([]),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  outputs: z.array(z.string()).default([]),
  setup: z.boolean().default(true),
})

/** Template `ml`: a script or notebook with parameters; its metrics, plots and outputs are kept. */
export async function runExperiment(work: Work): Promise<Outcome> {
  const { lease, signal, folder } = work
  const params = Params.parse(lease.task.params)
  const { path: root } = await openWorkspace(work)
  const file = await insideRoot(root, params.script ?? params.notebook ?? '')
  const name = params.script ?? params.notebook ?? ''
  if (!(await exists(file))) throw new HubError('not_found', `the repository has no ${name}`)
  const output = join(folder, 'output')
  await rm(output, { recursive: true, force: true }) // Of an earlier attempt.
  await mkdir(output, { recursive: true })
  const paramsFile = join(folder, 'params.json')
  await writeFile(paramsFile, JSON.stringify(params.parameters, null, 2))
  if (params.setup) {
    const prepared = await runSteps(work, root, await detectSetup(root))
    const broken = prepared.find(({ state }) => state === 'failed')
    if (broken) return failed('setup', `${broken.command}: ${broken.failures.join('; ')}`)
  }
  const executed = join(output, basename(name))
  const command = params.notebook
    ? await notebookCommand({ file, executed, folder, parameters: params.parameters, signal })
    : await scriptCommand(file, fillArguments(params.args, params.parameters))
  await lease.log.say(`$ ${command.join(' ')}`)
  const sinceMs = Date.now()
  const run = await runCommand(command, {
    cwd: root,
    signal,
    timeoutMs: lease.task.timeoutMs,
    env: {
      ...parameterEnv(params.parameters),
      PARAMS_FILE: paramsFile,
      OUTPUT_DIR: output,
      MPLBACKEND: 'Agg',
    },
    onOutput: (stream, bytes) => lease.log.write(stream, bytes),
  })
  await lease.keep('params.json', JSON.stringify(params.parameters, null, 2), 'application/json')
  if (params.notebook) await keepPlots(work, executed)
  const kept = [
    ...(await keepFiles(work, output, ['**/*'])),
    ...(await keepFiles(work, root, params.outputs, 'workspace')),
  ]
  const { metrics, problems } = await readMetrics([output, root], sinceMs)
  for (const problem of problems) await lease.log.say(problem)
  const numbers = Object.entries(metrics).map(([key, value]) => `${key} = ${value}`)
  const how = run.exitCode === 0 ? 'ran' : `ended with exit code ${run.exitCode ?? 'none'}`
  const summary = [
    `${name} ${how} after ${(run.durationMs / 1000).toFixed(1)} s; ${kept.length} files kept`,
    ...numbers.slice(0, 20),
    ...problems,
  ].join('\n')
  await lease.log.say(summary)
  const result = { summary, exitCode: run.exitCode, metrics }
  if (run.exitCode === 0) return { outcome: 'succeeded', result }
  const last = run.tail.trimEnd().split('\n').slice(-5).join('\n')
  return { ...failed('experiment', `${summary}\n${last}`), result }
}

/** A script by what runs files of its kind; everything else has to be a program itself. */
async function scriptCommand(file: string, args: string[]): Promise<[string, ...string[]]> {
  const python = join(process.env.HOME ?? '', 'venv', 'bin', 'python')
  const programs: Record<string, string> = {
    '.py': (await exists(python)) ? python : 'python3',
    '.js': 'node',
    '.mjs': 'node',
    '.ts': 'node',
    '.sh': 'sh',
    '.r': 'Rscript',
    '.jl': 'julia',
    '.rb': 'ruby',
  }
  const program = programs[extname(file).toLowerCase()]
  return program === undefined ? [file, ...args] : [program, file, ...args]
}

const failed = (code: string, message: string) => ({
  outcome: 'failed' as const,
  failure: { code, message: message.slice(0, 8000) },
  retryable: false,
})
