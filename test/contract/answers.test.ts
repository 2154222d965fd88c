import { expect, test } from 'vitest'
import { owner } from '../../hub/auth/owner.ts'
import { Registry } from '../../hub/calls/registry.ts'
import { describedHubServer } from '../../hub/tools/index.ts'
import { tokensOf } from '../../servers/context/engine/tokens.ts'
import { servers } from '../../servers/index.ts'
import type { LargeHub } from '../helpers/large-hub.ts'
import { startLargeHub } from '../helpers/large-hub.ts'
import { ask } from '../helpers/raw-mcp.ts'

const maxTokens = 4000
const reading = new Registry([...servers, describedHubServer()])
  .visible(owner)
  .filter(({ effect }) => effect === 'read')

/** The least that each tool has to be told; one that is not named takes no arguments. */
const argumentsFor = (hub: LargeHub): Record<string, object> => ({
  task_read: { task: hub.task },
  plan_read: { plan: hub.plan },
  task_wait: { task: hub.task },
  task_log: { task: hub.task },
  template_read: { name: 'code' },
  artifact_list: { task: hub.task },
  artifact_read: { artifact: hub.artifact },
  runner_read: { runner: 'coder' },
  agent_read: { agent: 'worker-one' },
  event_list: { after: 0 },
  repo_read: { repo: hub.repo },
  repo_log: { repo: hub.repo },
  proposal_list: { repo: hub.repo },
  repo_diff: { repo: hub.repo, from: 'main', to: hub.head },
  change_read: { change: hub.change },
  spec_list: { repo: hub.repo },
  spec_read: { repo: hub.repo, feature: hub.feature },
  spec_check: { repo: hub.repo, feature: hub.feature },
  spec_trace: { repo: hub.repo, feature: hub.feature },
  spec_task_list: { repo: hub.repo, feature: hub.feature },
  spec_task_next: { repo: hub.repo, feature: hub.feature },
  note_search: { query: 'invoice' },
  note_read: { path: 'Big.md' },
  note_links: { path: 'Big.md' },
  note_picture: { path: 'Dot.png' },
  queryset_run: { name: 'Open.base#Open' },
  context_search: { query: 'which function counts the invoices of a customer' },
  context_read: { source: hub.repo, path: `specs/${hub.feature}/tasks.md` },
  context_pack: { query: 'which function counts the invoices of a customer' },
  pod_list: { ended: true },
  pod_read: { pod: hub.pod },
  pod_log: { pod: hub.pod },
  tool_search: { query: 'find what was written about invoices' },
  trigger_read: { trigger: hub.trigger },
  tool_read: { name: 'task_submit' },
  chat_read: { conversation: hub.conversation },
  chat_attachment: { file: hub.picture },
  chat_export: { conversation: hub.conversation },
})

test('what a model is sent of a large hub stays under 4,000 tokens, whatever it reads', async () => {
  const hub = await startLargeHub()
  const given = argumentsFor(hub)
  const sizes: Record<string, number> = {}
  for (const { name } of reading) {
    const { result, error } = await ask(hub, 'tools/call', { name, arguments: given[name] ?? {} })
    const { content, structuredContent, isError } = result
    expect([name, error, isError, isError ? content : undefined]).toEqual([
      name,
      undefined,
      undefined,
      undefined,
    ])
    const texts = (content as { text: string }[]).map(({ text }) => text) // Our tools answer in texts.
    if (structuredContent !== undefined) texts.push(JSON.stringify(structuredContent))
    sizes[name] = texts.reduce((sum, text) => sum + tokensOf(text), 0)
  }
  expect(Object.entries(sizes).filter(([, size]) => size > maxTokens)).toEqual([])
})
