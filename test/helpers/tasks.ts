import type { TaskRequest } from '../../servers/orchestration/store/task-row.ts'

/** A task that needs nothing in particular, as a row is made of it. */
export const newTask = (id: string, org = 'default'): TaskRequest => ({
  id,
  org,
  title: 'a task',
  template: 'command',
  params: '{}',
  repo: null,
  priority: 0,
  max_attempts: 1,
  resources: '{}',
  isolation: null,
  timeout_ms: 60_000,
  model: null,
  parent: null,
  depth: 0,
  plan: null,
  step: null,
  provenance: '{"via":"call"}',
  requirements: '{}',
  budget: '{}',
  inputs: '[]',
  retry_of: null,
  idempotency_key: null,
  request_digest: '',
})
