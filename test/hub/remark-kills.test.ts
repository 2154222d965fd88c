import { writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import type { Change, ChangeComment, ChangeReview } from '../../schemas/change.ts'
import type { Workspace } from '../../schemas/repo.ts'
import { git } from '../../servers/kit/git.ts'
import { startForge } from '../helpers/forgejo/double.ts'
import { askAsOwner, makeForgeRepository } from '../helpers/forgejo/forge.ts'
import { makeFolder } from '../helpers/folder.ts'
import { until } from '../helpers/hub.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import { makePerson, makeRadRepo } from '../helpers/radicle/person.ts'
import { makeRepo, writeFiles } from '../helpers/repo.ts'

process.env.PATH = [
  join(import.meta.dirname, '../helpers/radicle/double'),
  process.env.PATH ?? '',
].join(delimiter)

/** A repository, and how often something is said at its provider; nothing is where it has no discussion. */
type Place = {
  path: string
  config: object
  times(words: string): Promise<number>
  /** Calls `then` once that is said there, before the hub has heard so; where that can be seen from inside. */
  whenSaid?(words: string, then: () => Promise<void>): void
}

const places: Record<string, () => Promise<Place>> = {
  local: async () => ({ path: await makeRepo(), config: {}, times: async () => 0 }),
  forgejo: async () => {
    const forge = await startForge()
    const { path, full, config } = await makeForgeRepository(forge)
    const bodies = async (what: string) =>
      (await askAsOwner(forge, 'GET', `${full}${what}`)) as { id: number; body: string }[] // As the interface has them.
    const times = async (words: string) => {
      const said = await bodies('/issues/1/comments')
      for (const { id } of await bodies('/pulls/1/reviews?page=1&limit=50'))
        said.push(...(await bodies(`/pulls/1/reviews/${id}/comments?page=1&limit=50`)))
      return said.filter(({ body }) => body.includes(words)).length
    }
    const whenSaid = (words: string, then: () => Promise<void>) => {
      forge.posted = async (body) => {
        if (!body.includes(words)) return
        delete forge.posted
        await then()
      }
    }
    return { path, config, times, whenSaid }
  },
  radicle: async () => {
    const alice = await makePerson('alice')
    const { path, rid } = await makeRadRepo(alice)
    const storage = join(alice.home, 'storage', rid.slice(4))
    const times = async (words: string) => {
      const log = await git(['--git-dir', storage, 'log', '--all', '--format=%B'])
      return log.split('\n').filter((line) => line.includes(words)).length
    }
    return { path, config: { radicle: { home: alice.home } }, times }
  },
}

const said = {
  change_comment: { body: 'Why one?', path: 'one.txt', line: 1 },
  change_review: {
    verdict: 'accept',
    body: 'Nearly there',
    comments: [{ body: 'First of two' }, { body: 'Second of two', path: 'one.txt', line: 1 }],
  },
}

/** The words of each call, in the order in which a provider is told of them. */
const words = {
  change_comment: ['Why one?'],
  change_review: ['First of two', 'Second of two', 'Nearly there'],
}

type Read = { comments: ChangeComment[]; reviews: ChangeReview[] }

const cases = Object.keys(places).flatMap((place) =>
  (['change_comment', 'change_review'] as const).flatMap((tool) => {
    const there = place === 'local' ? [] : words[tool].map((text) => `"${text}" is there`)
    const steps = ['its key is kept', ...there, 'it is on record']
    return steps.map((step, at) => [place, tool, step, at, steps.length] as const)
  }),
)

/** A hub that can be killed, with an open change at that place. */
async function begin(name: string, more: object = {}) {
  const place = await places[name]!()
  const data = makeFolder('hub')
  const config = { allowUnisolated: true, ...place.config, ...more }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify(config))
  const hub = new ProcessHub(data, ['--log-level', 'silent', '--dispatch', 'off'])
  onTestFinished(async () => void (await hub.stop()))
  await hub.start()
  const client = hub.client(120_000)
  const task = 'task-one'
  const space = await client.call<Workspace>('branch_create', { repo: place.path, task })
  writeFiles(space.path, { 'one.txt': 'one\n' })
  await client.call('commit_create', { task, message: 'Work' })
  const { id: change } = await client.call<Change>('change_open', { task, title: 'Work' })
  const killWhen = async (isReached: () => boolean | Promise<boolean>) => {
    while (!(await isReached())) await new Promise((resolve) => setTimeout(resolve, 1))
    await hub.kill()
    await hub.start()
  }
  const killWhenSaid = (text: string): Promise<void> => {
    if (!place.whenSaid) return killWhen(async () => (await place.times(text)) > 0)
    const killed = new Promise<void>((resolve) =>
      place.whenSaid?.(text, async () => {
        await hub.kill()
        resolve()
      }),
    )
    return killed.then(async () => void (await hub.start()))
  }
  /** What is on record of the change, and that it is as often at its provider. */
  const expectOnce = async (texts: string[]) => {
    const { comments, reviews } = await client.call<Read>('change_read', { change })
    const recorded = [...comments, ...reviews].map(({ body }) => body)
    expect(recorded.toSorted()).toEqual(texts.toSorted())
    for (const text of name === 'local' ? [] : texts)
      expect([text, await place.times(text)]).toEqual([text, 1])
    expect(await client.call('audit_verify')).toMatchObject({ intact: true })
  }
  return { data, client, change, killWhen, killWhenSaid, expectOnce }
}

test.each(cases)(
  '%s: with the hub killed when of %s %s, all is said once',
  { timeout: 240_000 },
  async (name, tool, _step, at, steps) => {
    const { data, client, change, killWhen, killWhenSaid, expectOnce } = await begin(name)
    const store = new Database(join(data, 'switchyard.db'), { readonly: true })
    onTestFinished(() => void store.close())
    const count = (table: string) =>
      Number(store.prepare(`SELECT count(*) FROM ${table}`).pluck().get())
    const request = { change, ...said[tool], idempotency_key: 'once' }
    const kept = [() => count('remark_keys') > 0, () => count('comments') > 0] as const
    const isThere = at > 0 && at < steps - 1
    const killing = isThere
      ? killWhenSaid(words[tool][at - 1] ?? '')
      : killWhen(kept[at === 0 ? 0 : 1])
    const first = await client.call<{ id: string }>(tool, request)
    await killing
    expect(await client.call(tool, request)).toEqual(first)
    await expectOnce(words[tool])
  },
)

test(
  'a comment that a person approved is said once by a hub that was killed in its course, and its caller has it',
  { timeout: 240_000 },
  async () => {
    const rules = { approvals: [{ tool: 'change_comment' }] }
    const { client, change, killWhenSaid, expectOnce } = await begin('forgejo', rules)
    const request = { change, ...said.change_comment }
    const lost = client.call('change_comment', request, { patienceMs: 0 }).catch(() => undefined) // The hub is killed.
    const asked = async () => {
      const { items } = await client.call<{ items: { id: string }[] }>('approval_list')
      return items[0]?.id
    }
    await until(async () => (await asked()) !== undefined)
    const killing = killWhenSaid('Why one?')
    await client.call('approval_decide', { approval: await asked(), decision: 'approve' })
    await killing
    await lost
    const comment = await client.call<ChangeComment>('change_comment', request)
    expect(comment).toMatchObject({ body: 'Why one?', line: 1 })
    await expectOnce(['Why one?'])
  },
)
