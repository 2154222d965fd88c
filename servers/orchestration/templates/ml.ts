import { z } from 'zod'
import { pathParam, refParam } from './template.ts'
import type { BuiltIn } from './template.ts'

const parameter = z.union([z.string().max(2000), z.number(), z.boolean()])

export const ml: BuiltIn = {
  title: 'Run an experiment',
  description:
    'Runs a script or a Jupyter notebook with parameters, and keeps its metrics, plots and outputs. Parameters come as a JSON file (PARAMS_FILE), as variables (PARAM_NAME) and in arguments ({name}); metrics are read from metrics.json or metrics.jsonl in OUTPUT_DIR or the workspace.',
  needsRepo: true,
  needsModel: false,
  opensChange: false,
  maxAttempts: 1,
  params: z
    .strictObject({
      ref: refParam,
      script: pathParam.optional().describe('Script to run: .py, .js, .ts, .sh, .R, or a program'),
      notebook: pathParam.optional().describe('Notebook to execute, .ipynb'),
      args: z
        .array(z.string().max(1000))
        .max(100)
        .default([])
        .describe('Arguments of the script; {name} stands for a parameter'),
      parameters: z
        .record(z.string().regex(/^[a-zA-Z_]\w{0,59}$/), parameter)
        .default({})
        .describe('Parameters by name'),
      outputs: z
        .array(pathParam)
        .max(20)
        .default([])
        .describe('Globs of further files to keep, beside all in OUTPUT_DIR'),
      setup: z
        .boolean()
        .default(true)
        .describe("Install what the project's requirement or lock files list first"),
    })
    .refine(({ script, notebook }) => (script === undefined) !== (notebook === undefined), {
      error: 'pass either `script` or `notebook`',
      path: ['script'],
    }),
}
