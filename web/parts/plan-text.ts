/** A step as plan_create takes it. */
export type StepText = { name: string; needs?: string[]; template?: string } & Record<
  string,
  unknown
>

export type PlanText =
  | { kind: 'steps'; steps: StepText[] }
  | { kind: 'wrong'; line: number | undefined; message: string }

/**
 * Steps as people type them, a line each: `test after build, lint: npm test`. `gate NAME after …:
 * question` asks a person. What begins with a bracket is the JSON that plan_create takes.
 */
export function parsePlan(text: string, template: 'command' | 'code'): PlanText {
  if (text.trim().startsWith('[')) return parseJson(text)
  const steps: StepText[] = []
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const wrong = (message: string): PlanText => ({ kind: 'wrong', line: at + 1, message })
    const parts = /^(gate\s+)?([^\s,:|"'`]{1,60})(?:\s+after\s+([^:]+))?\s*:\s*(.+)$/u.exec(line)
    if (!parts)
      return wrong('expected “name: what to do” or “name after other, another: what to do”')
    const [, gate, name = '', after = '', what = ''] = parts
    if (steps.some((step) => step.name === name)) return wrong(`${name} is there twice`)
    const needs = after.split(/[\s,]+/).filter((need) => need !== '')
    steps.push({
      name,
      needs,
      ...(gate
        ? { gate: { kind: 'person', question: what } }
        : template === 'command'
          ? { template, title: what.slice(0, 200), command: what }
          : { template, title: what.slice(0, 200), goal: what }),
    })
  }
  if (steps.length === 0)
    return { kind: 'wrong', line: undefined, message: 'there are no steps yet' }
  return checked(steps)
}

function parseJson(text: string): PlanText {
  try {
    const steps: unknown = JSON.parse(text) // The hub checks what it takes; here only the graph.
    if (isGraph(steps)) return checked(steps)
    return { kind: 'wrong', line: undefined, message: 'each step needs a name' }
  } catch (error) {
    return { kind: 'wrong', line: undefined, message: String(error) }
  }
}

function checked(steps: StepText[]): PlanText {
  const names = new Set(steps.map(({ name }) => name))
  for (const { name, needs = [] } of steps)
    for (const need of needs)
      if (!names.has(need))
        return {
          kind: 'wrong',
          line: undefined,
          message: `${name} needs ${need}, which is no step`,
        }
  if (levels(steps) === undefined)
    return { kind: 'wrong', line: undefined, message: 'some steps need each other in a circle' }
  return { kind: 'steps', steps }
}

/** The longest way to each step; undefined where they go in a circle, or need what is not there. */
export function levels(steps: StepText[]): Map<string, number> | undefined {
  const found = new Map<string, number>()
  const left = new Map(steps.map(({ name, needs = [] }) => [name, needs.length]))
  const after = Map.groupBy(
    steps.flatMap(({ name, needs = [] }) => needs.map((need) => ({ need, name }))),
    ({ need }) => need,
  )
  const ready = steps.filter(({ needs = [] }) => needs.length === 0).map(({ name }) => name)
  for (const name of ready) found.set(name, 0)
  for (const done of ready)
    for (const { name } of after.get(done) ?? []) {
      found.set(name, Math.max(found.get(name) ?? 0, (found.get(done) ?? 0) + 1))
      const missing = (left.get(name) ?? 0) - 1
      left.set(name, missing)
      if (missing === 0) ready.push(name)
    }
  return ready.length === left.size ? found : undefined
}

/** Whether a value is a graph as plans have it. */
export const isGraph = (value: unknown): value is StepText[] =>
  Array.isArray(value) &&
  value.every(
    (step: unknown) =>
      typeof step === 'object' &&
      step !== null &&
      'name' in step &&
      typeof step.name === 'string' &&
      (!('needs' in step) || Array.isArray(step.needs)),
  )
