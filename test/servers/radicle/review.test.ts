import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Change, ChangeComment, ChangeReview } from '../../../schemas/change.ts'
import type { Workspace } from '../../../schemas/repo.ts'
import type { Task } from '../../../schemas/task.ts'
import { tokensOf } from '../../../servers/context/engine/tokens.ts'
import { openChange } from '../../helpers/changes.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { textShown } from '../../helpers/raw-mcp.ts'
import { makeRepo } from '../../helpers/repo.ts'
import type { Discussed } from '../../helpers/review.ts'

const read = (hub: TestHub, change: string) =>
  hub.call<Discussed>('change_read', { change, max_bytes: 0 })

test('a comment asks, is answered with a revision, and is settled by a reply', async () => {
  const hub = await startHub()
  const { id: change } = await openChange(hub, await makeRepo())
  const asked = await hub.call<ChangeComment>('change_comment', {
    ...{ change, body: 'why?', path: 'src/sum.js', line: 2, side: 'old', resolve: 'required' },
  })
  expect(asked).toMatchObject({ number: 1, state: 'open', resolve: 'required', side: 'old' })
  await hub.call('change_comment', { change, body: 'nicer?', resolve: 'optional' })
  const words = { comment: 2, body: 'because' }
  const declined = { comment: 1, body: 'no' }
  const again = {
    task: 'task-one',
    title: 'Add',
    answers: [words, declined, { comment: 7, body: 'what?' }],
  }
  await hub.call('change_open', { ...again, seen: 1 })
  await hub.call('change_open', { ...again, seen: 1 })
  const answered = await read(hub, change)
  expect(answered.comments.map(({ state, replyTo }) => [state, replyTo])).toEqual([
    ['open', undefined],
    ['addressed', undefined],
    ['addressed', answered.comments[1]!.id],
    ['addressed', asked.id],
  ])
  const reply = { change, body: 'Thanks', reply_to: asked.id, settles: true }
  await hub.call('change_comment', reply)
  expect((await read(hub, change)).comments.map(({ state }) => state)).toEqual([
    'resolved',
    'addressed',
    'addressed',
    'addressed',
    'open',
  ])
  expect(
    await failure(hub.call('change_comment', { ...reply, reply_to: undefined })),
  ).toMatchObject({ code: 'invalid' })
  expect(await failure(hub.call('change_comment', { ...reply, reply_to: 'no' }))).toMatchObject({
    code: 'not_found',
  })
})

test('a model can answer a comment by what it reads of it', async () => {
  const hub = await startHub()
  const { id: change } = await openChange(hub, await makeRepo())
  const { id } = await hub.call<ChangeComment>('change_comment', { change, body: 'why?' })
  expect(await textShown(hub, 'change_read', { change })).toContain(`comment #1 (${id}) by owner`)
  for (const called of [id, '#1', '1']) {
    const answer = { change, body: 'because', reply_to: called, settles: true }
    expect(await hub.call('change_comment', answer), called).toMatchObject({ replyTo: id })
  }
  await hub.call('change_review', { change, verdict: 'accept' })
  // A verdict has a number too, and is no comment.
  const answer = { change, body: 'thanks', reply_to: '#5' }
  expect(await failure(hub.call('change_comment', answer))).toMatchObject({
    code: 'not_found',
    message: `change ${change} has no comment "#5"`,
    hint: expect.stringContaining('its number, such as #1') as string,
  })
})

test('a remark on what is not there is refused, and says what is there', async () => {
  const hub = await startHub()
  const { id: change } = await openChange(hub, await makeRepo())
  const refused: [Record<string, unknown>, object][] = [
    [
      { path: 'no/such.js', line: 5 },
      {
        code: 'not_found',
        message: 'there is no file "no/such.js" in the new version of revision 1',
      },
    ],
    [{ path: 'no/such.js' }, { code: 'not_found' }],
    [
      { path: 'src/sum.js', line: 4 },
      {
        code: 'invalid',
        message: 'line 4 is not in src/sum.js, which has 3 lines in the new version of revision 1',
      },
    ],
    [{ path: 'src/sum.js', line: 4, side: 'old' }, { code: 'invalid' }],
    [{ path: 'src', line: 1 }, { code: 'invalid' }],
    [{ line: 5 }, { code: 'invalid', message: expect.stringContaining('`path`') as string }],
  ]
  for (const [place, problem] of refused) {
    const comment = { body: 'why?', ...place }
    const review = { change, verdict: 'request_changes', comments: [{ body: 'fine' }, comment] }
    expect(await failure(hub.call('change_comment', { change, ...comment }))).toMatchObject(problem)
    expect(await failure(hub.call('change_review', review))).toMatchObject(problem)
  }
  expect(await read(hub, change)).toMatchObject({ comments: [], reviews: [] })
})

test('what is read of a change says whether it can be merged, and what speaks against it', async () => {
  const hub = await startHub()
  const { id: change } = await openChange(hub, await makeRepo())
  const shown = () => textShown(hub, 'change_read', { change })
  expect(await shown()).toMatch(/^can be merged$/m)
  const own = await textShown(hub, 'change_review', { change, verdict: 'accept' })
  expect(own).toMatch(/does not count as an approval: its reviewer asked .*review\.selfReview/)
  const wants = { verdict: 'request_changes', comments: [{ body: 'why?', resolve: 'required' }] }
  await hub.call('change_review', { change, ...wants })
  expect(await shown()).toMatch(
    /^can be merged\. Speaks against it but does not block it: owner asked for changes in revision 1; 2 requests/m,
  )
})

test('what is said under a key is said once, by whoever says it', async () => {
  const hub = await startHub()
  const dora = await hub.as('dora', 'developer')
  const { id: change } = await openChange(hub, await makeRepo())
  const remark = { change, body: 'why?', idempotency_key: 'k' }
  const both = await Promise.all([
    hub.call<ChangeComment>('change_comment', remark),
    hub.call<ChangeComment>('change_comment', remark),
  ])
  expect(both[1]).toEqual(both[0])
  const other = await dora.call<ChangeComment>('change_comment', remark)
  expect(other.id).not.toBe(both[0].id)
  expect(await failure(hub.call('change_comment', { ...remark, body: 'what?' }))).toMatchObject({
    code: 'conflict',
    message: 'idempotency key "k" was used for another request',
  })
  const comments = [{ body: 'one' }, { body: 'one' }]
  const review = { change, verdict: 'accept', comments, idempotency_key: 'r' }
  const first = await dora.call<ChangeReview>('change_review', review)
  await hub.call('change_close', { change })
  // What was said once is the answer, whatever became of the change since.
  expect(await dora.call('change_review', review)).toEqual(first)
  expect(await dora.call('change_comment', remark)).toEqual(other)
  const now = await read(hub, change)
  expect(now.comments.map(({ body }) => body)).toEqual(['why?', 'why?', 'one', 'one'])
  expect(now.reviews).toHaveLength(1)
})

test('comments of a review follow their lines through revisions, or are said to be gone', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const { id: change } = await openChange(hub, repo)
  const at = (line: number) => ({ path: 'src/sum.js', line, body: `line ${line}` })
  await hub.call<ChangeReview>('change_review', {
    ...{ change, verdict: 'request_changes', comments: [at(1), at(2), at(3)] },
  })
  const { path } = await hub.call<Workspace>('branch_create', { repo, task: 'task-one' })
  mkdirSync(join(path, 'lib'))
  renameSync(join(path, 'src/sum.js'), join(path, 'lib/sum.js'))
  const text = '// Adds.\nexport function sum(a, b) {\n  return b + a\n}\n'
  writeFileSync(join(path, 'lib/sum.js'), text)
  await hub.call('commit_create', { task: 'task-one', message: 'Move' })
  await hub.call('change_open', { task: 'task-one', title: 'Add' })
  const { comments, reviews } = await read(hub, change)
  expect(comments.map(({ place }) => place)).toEqual([
    { path: 'lib/sum.js', line: 2 },
    'gone',
    { path: 'lib/sum.js', line: 4 },
  ])
  expect(new Set(comments.map(({ review }) => review))).toEqual(new Set([reviews[0]!.id]))
  expect([...comments, ...reviews].map(({ number }) => number)).toEqual([1, 2, 3, 4])
})

test('an agent reviews the change that its task names, once for a revision, and no other', async () => {
  const hub = await startHub({ model: 'scripted' })
  const repo = await makeRepo()
  const [change, other] = [await openChange(hub, repo), await openChange(hub, repo, 'task-two')]
  await hub.call('task_submit', { template: 'code', repo, goal: 'Only to know the repository' })
  const reviewing = { template: 'review', repo, params: { change: change.id } }
  const { id: task } = await hub.call<Task>('task_submit', reviewing)
  const { lease } = await hub.call<{ lease: { token: string; fence: number } }>('task_claim', {
    ...{ agent: 'reviewer-one', task },
  })
  const agent = hub.client.withToken(lease.token)
  expect(await agent.call('change_read', { change: change.id })).toMatchObject({
    change: { id: change.id },
  })
  const accept = { change: change.id, verdict: 'accept' }
  const first = await agent.call<ChangeReview>('change_review', { ...accept, body: 'fine' })
  expect(first).toMatchObject({ reviewer: 'reviewer-one', counts: false })
  expect(await agent.call('change_review', { ...accept, body: 'fine again' })).toEqual(first)
  const { code } = await failure(agent.call('change_review', { ...accept, change: other.id }))
  expect(code).toBe('not_found')
  expect(await failure(agent.call('change_merge', { change: change.id }))).toMatchObject({
    code: 'denied',
  })
})

test('an agent asks for nothing on the change of its own task', async () => {
  const hub = await startHub({ model: 'scripted' })
  const repo = await makeRepo()
  const { id: task } = await hub.call<Task>('task_submit', { template: 'code', repo, goal: 'Add' })
  const { lease } = await hub.call<{ lease: { token: string } }>('task_claim', {
    ...{ agent: 'worker-one', task },
  })
  const { id: change } = await openChange(hub, repo, task)
  const agent = hub.client.withToken(lease.token)
  const remark = { change, body: 'I did this because of that' }
  expect(await agent.call('change_comment', remark)).toMatchObject({ author: 'worker-one' })
  const asking = agent.call('change_comment', { ...remark, resolve: 'required' })
  expect(await failure(asking)).toMatchObject({ code: 'denied' })
  expect(await failure(agent.call('change_review', { change, verdict: 'accept' }))).toMatchObject({
    code: 'denied',
  })
})

test('what is said of a change has a bound, and 200 comments are read within 4,000 tokens', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const { path } = await hub.call<Workspace>('branch_create', { repo, task: 'task-one' })
  const code = (n: number) => `export const value${n} = compute(${n}, { retries: ${n % 7} })`
  writeFileSync(join(path, 'big.js'), Array.from({ length: 400 }, (_, n) => code(n)).join('\n'))
  const change = await openChange(hub, repo)
  const body = 'What about the case in which the list has more than one item? '.repeat(8)
  const comments = Array.from({ length: 50 }, (_, index) => ({
    ...{ body: `${index}: ${body}`, path: 'src/sum.js', line: 2, resolve: 'required' },
  }))
  for (let round = 0; round < 4; round++)
    await hub.call<Change>('change_review', {
      ...{ change: change.id, verdict: 'request_changes', body, comments },
    })
  const text = await textShown(hub, 'change_read', { change: change.id })
  expect(tokensOf(text)).toBeLessThan(4000)
  expect(text).toMatch(/194 comments are not shown, 194 of them open/)
  expect(text).toMatch(/204 requests are not settled/)
  for (let round = 0; round < 15; round++)
    await hub.call<Change>('change_review', {
      ...{ change: change.id, verdict: 'request_changes', body: 'more', comments },
    })
  const last = { change: change.id, verdict: 'request_changes', body: 'more', comments }
  expect(await failure(hub.call('change_review', last))).toMatchObject({ code: 'exhausted' })
  expect((await read(hub, change.id)).comments).toHaveLength(950)
})
