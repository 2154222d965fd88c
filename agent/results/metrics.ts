import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const maxBytes = 16 * 1024 * 1024
const maxMetrics = 100

/**
 * Metrics that an experiment wrote since an instant: `metrics.json`, an object of numbers, or
 * `metrics.jsonl`, an object a line, of which the last value of each name counts. The first folder
 * that has one decides.
 */
export async function readMetrics(
  folders: string[],
  sinceMs: number,
): Promise<{ metrics: Record<string, number>; problems: string[] }> {
  for (const folder of folders)
    for (const name of ['metrics.json', 'metrics.jsonl']) {
      const path = join(folder, name)
      const found = await stat(path).catch(() => undefined) // Most experiments write only one.
      if (!found?.isFile() || found.mtimeMs < sinceMs) continue
      if (found.size > maxBytes)
        return {
          metrics: {},
          problems: [`${name} has ${found.size} bytes; the limit is ${maxBytes}`],
        }
      const text = await readFile(path, 'utf8')
      return parseMetrics(name.endsWith('l') ? text.split('\n').filter(Boolean) : [text], name)
    }
  return { metrics: {}, problems: [] }
}

const Values = z.record(z.string(), z.unknown())
const Named = z.object({ name: z.string(), value: z.number() })

export function parseMetrics(texts: string[], name: string) {
  const metrics = new Map<string, number>()
  const problems: string[] = []
  for (const [index, text] of texts.entries()) {
    const values = parseValues(text)
    if (!values) {
      if (problems.length < 5) problems.push(`${name}: entry ${index + 1} is no JSON object`)
      continue
    }
    const named = Named.safeParse(values)
    if (named.success) add(metrics, named.data.name, named.data.value)
    else for (const [key, value] of flat(values, '', 0)) add(metrics, key, value)
  }
  if (metrics.size >= maxMetrics) problems.push(`${name}: only ${maxMetrics} metrics are kept`)
  return { metrics: Object.fromEntries(metrics), problems }
}

function add(metrics: Map<string, number>, name: string, value: number): void {
  if (metrics.has(name) || metrics.size < maxMetrics) metrics.set(name.slice(0, 100), value)
}

/** Numbers of nested objects under dotted names; everything that is no finite number is left out. */
function flat(values: Record<string, unknown>, prefix: string, depth: number): [string, number][] {
  return Object.entries(values).flatMap(([key, value]): [string, number][] => {
    if (typeof value === 'number') return Number.isFinite(value) ? [[prefix + key, value]] : []
    const inner = depth < 3 ? Values.safeParse(value) : undefined
    return inner?.success ? flat(inner.data, `${prefix}${key}.`, depth + 1) : []
  })
}

function parseValues(text: string): Record<string, unknown> | undefined {
  try {
    return Values.safeParse(JSON.parse(text)).data
  } catch {
    return undefined // Reported by who asked.
  }
}
