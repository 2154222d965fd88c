import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../../schemas/config.ts'
import type { Effect } from '../../schemas/effect.ts'
import type { Scope } from '../../schemas/scope.ts'
import { bundleFolder, isBundled } from './code-root.ts'
import type { Context } from './context.ts'
import { ensureDiskRoom } from './disk.ts'
import { invalidInput } from './invalid-input.ts'

type Definition<Input extends z.ZodRawShape, Output extends z.ZodType> = {
  /** `noun_verb`, unique over all servers. */
  name: string
  title: string
  /** First sentence: what happens. Second: when to choose this tool over its neighbour. */
  description: string
  effect: Effect
  scope: Scope
  input: Input
  output: Output
  /** True where doing it twice with the same arguments is the same as doing it once. */
  idempotent?: boolean
  /** True for what begins to fill the disk: refused while that is nearly full, unlike all else. */
  needsDiskRoom?: boolean
  /** Whether this hub offers the tool as it is configured now; one that is not offered is not listed. */
  available?: (config: Config) => boolean
  /**
   * What a model reads in place of the output as JSON: a table for a list, code unescaped. It has to
   * say all that the model needs, since most clients show a model either the text or the structured
   * content of an answer, never both. So it is sent alone, and programs ask for the structure.
   */
  text?(output: z.output<Output>): string
  /** Name of the MCP App that shows its output in clients that can: `ui://switchyard/NAME`. */
  app?: string
  run(input: z.output<z.ZodObject<Input>>, ctx: Context): Promise<z.input<Output>>
}

/** A defined tool with its generics closed over: `call` cannot skip validation. */
export type Tool = {
  name: string
  title: string
  description: string
  effect: Effect
  scope: Scope
  idempotent: boolean
  available(config: Config): boolean
  inputSchema(): object
  outputSchema(): object
  /** The text for a model, of what `call` returned; undefined where that is the JSON itself. */
  text: ((output: unknown) => string) | undefined
  app: string | undefined
  /** Throws `invalid` where these are no arguments of the tool. */
  check(args: unknown): void
  /** Whether the tool can show what it would do, by `dry_run`. */
  hasDryRun: boolean
  /** Whether a call with the same `idempotency_key` may be sent again, and does what it does once. */
  hasKey: boolean
  call(args: unknown, ctx: Context): Promise<unknown>
}

/** The only way to make something happen: every surface of the hub derives from the definition. */
export function defineTool<Input extends z.ZodRawShape, Output extends z.ZodType>(
  definition: Definition<Input, Output>,
): Tool {
  const input = z.strictObject(definition.input)
  const { name, title, description, effect, scope, output, text } = definition
  const inputSchema = once(() => prepared()[name]?.input ?? jsonSchema(input, 'input'))
  const parse = (args: unknown) => {
    const parsed = input.safeParse(args ?? {})
    if (parsed.success) return parsed.data
    throw invalidInput(name, { error: parsed.error, args, schema: inputSchema() })
  }
  return {
    name,
    title,
    description,
    effect,
    scope,
    idempotent: definition.idempotent ?? effect === 'read',
    available: definition.available ?? (() => true),
    inputSchema,
    outputSchema: once(() => prepared()[name]?.output ?? jsonSchema(output, 'output')),
    text: text && ((result) => text(result as z.output<Output>)), // `call` has parsed it.
    app: definition.app,
    hasDryRun: 'dry_run' in definition.input,
    hasKey: 'idempotency_key' in definition.input,
    check: (args) => void parse(args),
    async call(args, ctx) {
      const parsed = parse(args)
      if (definition.needsDiskRoom) await ensureDiskRoom(ctx)
      const result = output.safeParse(await definition.run(parsed, ctx))
      if (result.success) return result.data
      throw new Error(`${name} returned what its schema forbids: ${z.prettifyError(result.error)}`)
    },
  }
}

export type Server = { name: string; title: string; description: string; tools: Tool[] }

export const defineServer = (server: Server): Server => server

/** JSON Schemas by the name of their tool. */
export type PreparedSchemas = Record<string, { input: object; output: object }>

export const preparedSchemasFile = join(bundleFolder, 'schemas.json')

/** What was made with the bundle: for all tools it would take a tenth of a start. */
const prepared = once(() =>
  isBundled
    ? (JSON.parse(readFileSync(preparedSchemasFile, 'utf8')) as PreparedSchemas) // Ours.
    : {},
)

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
}
