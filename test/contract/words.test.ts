import { expect, test } from 'vitest'
import { Registry } from '../../hub/calls/registry.ts'
import { describedHubServer } from '../../hub/tools/index.ts'
import { servers } from '../../servers/index.ts'

const tools = new Registry([...servers, describedHubServer()]).servers.flatMap(
  (server) => server.tools,
)
type Field = { type?: string; pattern?: string; maximum?: number; description?: string }
type Schema = { properties?: Record<string, Field>; required?: string[] }

const fieldsOf = (tool: (typeof tools)[number]): [string, Field][] =>
  Object.entries((tool.inputSchema() as Schema).properties ?? {}) // Made by zod from an object.

const olderName = /^Older name of (\w+)\b/

/** Each idea has one word, of one type, in every tool; `not` are the words that people use for it too. */
const words: { word: string; type: string; not: RegExp }[] = [
  { word: 'wait_ms', type: 'integer', not: /^(timeout(_ms)?|wait|max_wait.*|patience.*)$/ },
  { word: 'limit', type: 'integer', not: /^(count|top|size|first|page_size|max_(items|results))$/ },
  { word: 'cursor', type: 'string', not: /^(page|page_token|offset|next|continuation)$/ },
  { word: 'max_bytes', type: 'integer', not: /^((max_)?size(_bytes)?|byte_limit|limit_bytes)$/ },
  { word: 'max_chars', type: 'integer', not: /^((max_)?length|char_limit|max_characters)$/ },
  { word: 'max_tokens', type: 'integer', not: /^(max_\w+_tokens|token_limit|tokens)$/ },
  { word: 'repo', type: 'string', not: /^(repos?_?(path|id|name)|repository)$/ },
  { word: 'org', type: 'string', not: /^(org_id|organi[sz]ation|tenant|team)$/ },
  { word: 'task', type: 'string', not: /^(task_?id|job(_id)?)$/ },
  { word: 'change', type: 'string', not: /^(change_?id|patch|pull_request|pr)$/ },
  { word: 'dry_run', type: 'boolean', not: /^(preview|simulate|check_only|plan_only)$/ },
  { word: 'if_match', type: 'string', not: /^(etag|expect(ed)?_\w+|if_\w+(?<!if_match))$/ },
]

/** Names that look like the word for another idea, each with the reason why it is one of its own. */
const ownIdeas: Record<string, string> = {
  'task_submit.timeout_ms': 'time limit of a run',
  'pod_run.timeout_ms': 'time limit of a run',
  'pod_exec.timeout_ms': 'time limit of a run',
  'repo_clone.timeout_ms': 'time limit of a run',
  'change_merge.expect_head': 'the commit that was reviewed, not the version of a text',
}

test.each(words)(
  '$word is the only word for its idea, and $type everywhere',
  ({ word, type, not }) => {
    const strange = tools.flatMap((tool) =>
      fieldsOf(tool)
        .filter(([name, { description = '' }]) => not.test(name) && !olderName.test(description))
        .map(([name]) => `${tool.name}.${name}`),
    )
    expect(strange.filter((name) => !(name in ownIdeas))).toEqual([])
    for (const tool of tools) {
      const field = fieldsOf(tool).find(([name]) => name === word)?.[1]
      if (field) expect([tool.name, field.type]).toEqual([tool.name, type])
    }
  },
)

test('no call waits longer than the 50 seconds that clients wait for an answer', () => {
  for (const tool of tools)
    for (const [name, { maximum }] of fieldsOf(tool))
      if (name === 'wait_ms') expect(maximum, tool.name).toBe(50_000)
})

test('an older name stands beside the one that took its place', () => {
  for (const tool of tools) {
    const { properties = {}, required = [] } = tool.inputSchema() as Schema
    for (const [name, { description = '' }] of Object.entries(properties)) {
      const [, now] = olderName.exec(description) ?? []
      if (now === undefined) continue
      expect(Object.keys(properties), `${tool.name}.${name}`).toContain(now)
      expect(required, `${tool.name}.${name}`).not.toContain(name)
    }
  }
})

/** What is listed whole: as much as is configured, or one task's own. */
const short = [
  'runner_list',
  'template_list',
  'model_list',
  'cluster_list',
  'server_list',
  'peer_list',
]
/** What others answer without pages. */
const unpaged = ['proposal_list']
/** A stream is read on from the last thing seen. */
const streams = ['event_list']

test('lists return items, and take a limit and a cursor that the page before gave as next', () => {
  for (const tool of tools.filter(({ name }) => name.endsWith('_list'))) {
    const taken = fieldsOf(tool).map(([name]) => name)
    const given = Object.keys((tool.outputSchema() as Schema).properties ?? {})
    expect(given, tool.name).toContain('items')
    if (short.includes(tool.name) || unpaged.includes(tool.name)) continue
    expect(taken, tool.name).toContain('limit')
    expect(given, tool.name).toContain('next')
    if (!streams.includes(tool.name)) expect(taken, tool.name).toContain('cursor')
  }
})

test('every exception is still one', () => {
  const names = tools.map(({ name }) => name)
  const fields = tools.flatMap((tool) => fieldsOf(tool).map(([name]) => `${tool.name}.${name}`))
  for (const name of [...short, ...unpaged, ...streams]) expect(names).toContain(name)
  for (const name of Object.keys(ownIdeas)) expect(fields).toContain(name)
})

test('what a value has to look like is said in words, and not as a regular expression', () => {
  for (const tool of tools)
    for (const [name, field] of fieldsOf(tool)) {
      if (!JSON.stringify(field).includes('"pattern"')) continue
      for (const value of ['!\n', ['!\n'], { tags: ['!\n'] }]) {
        const said = refusal(() => tool.check({ [name]: value }))
        expect(said, `${tool.name}.${name}`).not.toMatch(/must match|\/\^/)
      }
    }
})

function refusal(check: () => void): string {
  try {
    check()
    return ''
  } catch (error) {
    return String(error)
  }
}
