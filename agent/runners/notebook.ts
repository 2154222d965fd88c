import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { Work } from '../attempt.ts'
import { runCommand } from '../processes.ts'
import { exists } from './files.ts'

type Value = string | number | boolean

const Cell = z.looseObject({
  cell_type: z.string(),
  metadata: z.looseObject({ tags: z.array(z.string()).optional() }).default({}),
  outputs: z
    .array(z.looseObject({ data: z.record(z.string(), z.unknown()).optional() }))
    .optional(),
})
const Notebook = z.looseObject({
  nbformat: z.int(),
  metadata: z.looseObject({}).default({}),
  cells: z.array(Cell),
})

const maxBytes = 64 * 1024 * 1024
const maxPlots = 20

/**
 * The command that executes a notebook. Parameters are put into a cell of their own behind the one
 * tagged `parameters`, which is where papermill puts them; so both programs do the same.
 */
export async function notebookCommand(options: {
  file: string
  executed: string
  folder: string
  parameters: Record<string, Value>
  signal: AbortSignal
}): Promise<[string, ...string[]]> {
  const { file, executed, folder, parameters, signal } = options
  const notebook = Notebook.parse(JSON.parse(await readFile(file, 'utf8')))
  const prepared = join(folder, basename(file))
  await writeFile(prepared, JSON.stringify(withParameters(notebook, parameters)))
  const own = join(process.env.HOME ?? '', 'venv', 'bin', 'python')
  for (const python of (await exists(own)) ? [own, 'python3'] : ['python3']) {
    if (await imports(python, ['nbconvert', 'ipykernel'], folder, signal))
      return [
        python,
        ...['-m', 'nbconvert', '--to', 'notebook', '--execute', '--ExecutePreprocessor.timeout=-1'],
        ...['--output-dir', join(executed, '..'), '--output', basename(executed), prepared],
      ]
    if (await imports(python, ['papermill', 'ipykernel'], folder, signal))
      return [python, '-m', 'papermill', prepared, executed]
  }
  throw new HubError('unsupported', 'this machine cannot execute notebooks', {
    hint: 'List nbconvert and ipykernel (or papermill) in the requirements of the project, or install them for python3.',
  })
}

async function imports(
  python: string,
  modules: string[],
  cwd: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { exitCode } = await runCommand([python, '-c', `import ${modules.join(', ')}`], {
    cwd,
    signal,
    timeoutMs: 60_000,
    onOutput: () => Promise.resolve(),
  })
  return exitCode === 0
}

export function withParameters(
  notebook: z.infer<typeof Notebook>,
  parameters: Record<string, Value>,
): z.infer<typeof Notebook> {
  if (Object.keys(parameters).length === 0) return notebook
  const at = notebook.cells.findIndex(({ metadata }) => metadata.tags?.includes('parameters'))
  const cell = {
    cell_type: 'code',
    id: 'injected-parameters',
    metadata: { tags: ['injected-parameters'] },
    execution_count: null,
    outputs: [],
    source: Object.entries(parameters)
      .map(([name, value]) => `${name} = ${pythonValue(value)}\n`)
      .join(''),
  }
  const cells = [...notebook.cells]
  cells.splice(at + 1, 0, cell)
  return { ...notebook, cells }
}

/** A JSON string is a Python string as well. */
const pythonValue = (value: Value): string =>
  typeof value === 'boolean' ? (value ? 'True' : 'False') : JSON.stringify(value)

/** Keeps the pictures in an executed notebook as files that people can open. */
export async function keepPlots({ lease }: Work, executed: string): Promise<void> {
  if (!(await exists(executed))) return // It failed; the notebook then holds nothing.
  const text = await readFile(executed, 'utf8')
  const parsed = text.length > maxBytes ? undefined : Notebook.safeParse(JSON.parse(text))
  if (!parsed?.success) {
    await lease.log.say('the executed notebook could not be read')
    return
  }
  let count = 0
  for (const cell of parsed.data.cells)
    for (const { data } of cell.outputs ?? []) {
      const png = data?.['image/png']
      if (typeof png !== 'string' || ++count > maxPlots) continue
      await lease.keepBytes(`plots/plot-${count}.png`, Buffer.from(png, 'base64'), 'image/png')
    }
  if (count > maxPlots) await lease.log.say(`${count - maxPlots} more plots are in the notebook`)
}
