import { expect, test } from 'vitest'
import { Registry } from '../../hub/calls/registry.ts'
import { listing } from '../../hub/discovery/catalog.ts'
import { describedHubServer } from '../../hub/tools/index.ts'
import { owner } from '../../hub/auth/owner.ts'
import { servers } from '../../servers/index.ts'

const registry = new Registry([...servers, describedHubServer()])
const tools = registry.servers.flatMap((server) => server.tools)
type Schema = {
  type?: string
  description?: string
  properties?: Record<string, Schema>
  additionalProperties?: false | Schema
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
}

test('names are noun_verb, short, and made of characters every model accepts', () => {
  for (const { name } of tools) expect(name).toMatch(/^(?=.{3,30}$)[a-z]+(_[a-z]+)*$/)
})

test('each description says what happens and when to choose the tool', () => {
  for (const { name, description, title } of tools) {
    expect(title.length, name).toBeGreaterThan(3)
    expect(description, name).toMatch(/^[A-Z].{20,}\.$/s)
    expect(description.length, name).toBeLessThan(400)
  }
})

test('inputs are objects that refuse unknown fields and describe every known one', () => {
  for (const tool of tools) {
    const schema = tool.inputSchema() as Schema
    expect(schema.type, tool.name).toBe('object')
    expect(schema.additionalProperties, tool.name).toBe(false)
    for (const [field, property] of Object.entries(schema.properties ?? {})) {
      expect(property.description, `${tool.name}.${field}`).toBeTruthy()
    }
  }
})

/** What agents and hubs of other versions send is taken as far as it is known; a model's own formats are its provider's. */
const tolerant = ['task_report.', 'change_open.', 'task_submit.inputs', 'model_generate.']

/** Objects within a schema that would pass a misspelt field over, by their path. */
function tolerantObjects(schema: Schema, path: string): string[] {
  const { properties, additionalProperties: more, items, anyOf = [], oneOf = [] } = schema
  const inside = [
    ...Object.entries(properties ?? {}).map(([name, one]) => [one, `${path}.${name}`] as const),
    ...(items ? [[items, `${path}[]`] as const] : []),
    ...[...anyOf, ...oneOf].map((one) => [one, path] as const),
    ...(typeof more === 'object' ? [[more, `${path}.*`] as const] : []),
  ]
  const own = properties && more !== false ? [path] : []
  return [...own, ...inside.flatMap(([one, at]) => tolerantObjects(one, at))]
}

test('what stands inside an input refuses unknown fields too', () => {
  const found = tools
    .flatMap((tool) => tolerantObjects(tool.inputSchema() as Schema, tool.name))
    .filter((path) => !tolerant.some((known) => path.startsWith(known)))
  expect(found).toEqual([])
})

test('outputs are objects, as every client before 2026-07-28 demands', () => {
  for (const tool of tools) expect((tool.outputSchema() as Schema).type, tool.name).toBe('object')
})

test('hints follow from the effect', () => {
  for (const tool of tools) {
    const { annotations } = listing(tool)
    expect(annotations.readOnlyHint).toBe(tool.effect === 'read')
    expect(annotations.destructiveHint).toBe(tool.effect === 'destroy')
  }
})

test("the tools of the hub's own controllers are shown to nobody else", () => {
  const shown = registry.visible(owner).map((tool) => tool.name)
  expect(shown).not.toContain('task_reap')
  expect(shown).toContain('task_submit')
})

test('the listing is what it was', async () => {
  const text = JSON.stringify(registry.visible(owner).map(listing), null, 2)
  await expect(`${text}\n`).toMatchFileSnapshot('tools/listing.json')
})
