import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'

const folder = join(import.meta.dirname, '../../../servers/kit/migrations')
const upTo = (last: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.sql') && name <= last)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'))

test('questions that were asked before approvals stood alone are kept', () => {
  const db = new Database(':memory:')
  db.pragma('foreign_keys = ON')
  const files = upTo('011-approvals.sql')
  for (const sql of files.slice(0, -1)) db.exec(sql)
  db.exec(`INSERT INTO tasks (id, org, title, template, params, state, priority, max_attempts, resources,
      timeout_ms, request_digest, submitted_by, submitted_at, updated_at)
    VALUES ('task-1', 'acme', 't', 'command', '{}', 'waiting', 0, 1, '{}', 1, 'd', 'ann', 1, 1);
    INSERT INTO approvals (id, org, task, attempt, question, details, state, asked_by, asked_at)
    VALUES ('approval-1', 'acme', 'task-1', 'attempt-1', 'Deploy?', '{}', 'pending', 'agent-1', 1);`)
  db.transaction(() => db.exec(files.at(-1)!))()
  expect(db.prepare('SELECT * FROM approvals').all()).toEqual([
    {
      id: 'approval-1',
      org: 'acme',
      kind: 'question',
      task: 'task-1',
      attempt: 'attempt-1',
      question: 'Deploy?',
      details: '{}',
      state: 'pending',
      asked_by: 'agent-1',
      asked_at: 1,
      expires_at: null,
      decided_by: null,
      reason: null,
      decided_at: null,
    },
  ])
  expect(db.pragma('foreign_key_check')).toEqual([])
})
