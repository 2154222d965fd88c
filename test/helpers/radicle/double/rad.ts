import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Document } from './home.ts'
import {
  alias,
  base58,
  defaultBranch,
  fail,
  git,
  home,
  makeKey,
  nodeId,
  readDocument,
  storageOf,
  writeDocument,
} from './home.ts'
import type { Action } from './patches.ts'
import { operate, operationsOf, patchIds, stateOf } from './patches.ts'

// A double of `rad`: the commands that this hub and its tests use, with the output of Radicle 1.9.

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    repo: { type: 'string' },
    type: { type: 'string' },
    object: { type: 'string', multiple: true, short: 'o' },
    format: { type: 'string' },
    message: { type: 'string' },
    alias: { type: 'string' },
    delegate: { type: 'string' },
    threshold: { type: 'string' },
    name: { type: 'string' },
    description: { type: 'string' },
    title: { type: 'string' },
    'default-branch': { type: 'string' },
    timeout: { type: 'string' },
  },
})
const [command = '', ...rest] = positionals
const rid = String(values.repo ?? '')
const objects = (values.object ?? []) as string[] // By the options above.

const commands: Record<string, () => void> = {
  '': () => say('rad 1.9.1 (double)'),
  auth: () => say(`✓ Your Radicle DID is did:key:${makeKey(String(values.alias))}.`),
  self: () => say(`did:key:${nodeId()}`),
  init,
  inspect,
  'id update': updateIdentity,
  'cob list': () => patchIds(storageOf(rid)).forEach((id) => say(id)),
  'cob log': () => {
    for (const operation of operationsOf(storageOf(rid), objects[0] ?? ''))
      say(JSON.stringify({ ...operation, identity: null, manifest: null }))
  },
  'cob show': () => {
    for (const id of objects) say(JSON.stringify(shown(id)))
  },
  'cob update': () => {
    const lines = readFileSync(rest[1] ?? '', 'utf8')
      .split('\n')
      .filter(Boolean)
    const actions = lines.map((line) => JSON.parse(line) as Action) // What this hub wrote.
    authorize(objects[0] ?? '', actions)
    say(operate(storageOf(rid), objects[0], actions.map(withoutEmpty)))
  },
  'cob migrate': () => {
    mkdirSync(join(home, 'cobs'), { recursive: true })
    writeFileSync(join(home, 'cobs', 'cache.db'), '')
  },
  'patch cache': () => say(`✓ Successfully cached patch \`${rest[1]}\``),
  sync: () => fail('to sync a repository, your node must be running.'),
}

function init(): void {
  const path = rest[0] ?? '.'
  const branch = String(values['default-branch'])
  const head = git(['-C', path, 'rev-parse', branch])
  const id = `z${base58(`${head}${nodeId()}${path}`, 27)}`
  const storage = join(home, 'storage', id)
  git(['init', '--quiet', '--bare', storage])
  git(['--git-dir', storage, 'config', 'uploadpack.allowAnySHA1InWant', 'true'])
  git(['--git-dir', storage, 'config', 'gc.auto', '0'])
  const { name, description } = values
  writeDocument(storage, {
    delegates: [`did:key:${nodeId()}`],
    payload: { 'xyz.radicle.project': { defaultBranch: branch, description, name } },
    threshold: 1,
  })
  git(['-C', path, 'push', '--quiet', storage, `${head}:refs/heads/${branch}`])
  const own = `refs/namespaces/${nodeId()}/refs/heads/${branch}`
  git(['--git-dir', storage, 'update-ref', own, head])
  git(['--git-dir', storage, 'symbolic-ref', 'HEAD', `refs/heads/${branch}`])
  git(['-C', path, 'remote', 'add', 'rad', `rad://${id}`])
  git(['-C', path, 'remote', 'set-url', '--push', 'rad', `rad://${id}/${nodeId()}`])
  say(`✓ Repository thing created.\n\nYour Repository ID (RID) is rad:${id}.`)
}

function inspect(): void {
  const named = rest[0] ?? ''
  if (!named.startsWith('rad:')) {
    const url = git(['-C', named, 'config', '--get', 'remote.rad.url'])
    return say(url.replace('rad://', 'rad:'))
  }
  const document = readDocument(storageOf(named))
  if (values.delegates) return document.delegates.forEach((did) => say(withAlias(did)))
  if (values.identity) return say(JSON.stringify(document, null, 2))
  fail('the double inspects a path, --identity or --delegates')
}

const withAlias = (did: string) => (did.includes(nodeId()) ? `${did} (${alias()})` : did)

function updateIdentity(): void {
  const storage = storageOf(rid)
  const document: Document = readDocument(storage)
  if (!document.delegates.includes(`did:key:${nodeId()}`)) fail('you are no delegate')
  const { delegate, threshold } = values
  const delegates = [...document.delegates, ...(typeof delegate === 'string' ? [delegate] : [])]
  const least = threshold === undefined ? document.threshold : Number(threshold)
  writeDocument(storage, { ...document, delegates, threshold: least })
  say('✓ Identity revision 069e7d58faa9a7473d27f5510d676af33282796f created')
}

function shown(id: string) {
  const { title, author, status, revisions } = stateOf(storageOf(rid), id)
  if (author === '') fail(`object \`${id}\` of type \`xyz.radicle.patch\` was not found`)
  return {
    title,
    author: { id: `did:key:${author}` },
    state: { status },
    target: 'delegates',
    revisions: Object.fromEntries(
      revisions.map(({ id: revision, author: by, oid, base, description }) => [
        revision,
        {
          id: revision,
          author: { id: `did:key:${by}` },
          description: [{ body: description }],
          base,
          oid,
        },
      ]),
    ),
  }
}

/** Radicle writes no list that is empty. */
const withoutEmpty = (action: Action): Action =>
  Object.fromEntries(
    Object.entries(action).filter(([, value]) => !Array.isArray(value) || value.length > 0),
  ) as Action // Its type is no list.

/** What Radicle refuses who is neither the author nor a delegate. */
function authorize(patch: string, actions: Action[]): void {
  const storage = storageOf(rid)
  const document = readDocument(storage)
  const { author } = stateOf(storage, patch)
  if (author === '') fail(`object \`${patch}\` of type \`xyz.radicle.patch\` was not found`)
  if (document.delegates.includes(`did:key:${nodeId()}`)) return
  for (const { type } of actions) {
    const isFree = ['revision', 'revision.comment', 'review', 'review.edit'].includes(type)
    const isOwn = ['edit', 'lifecycle', 'revision.edit'].includes(type) && author === nodeId()
    if (!isFree && !isOwn)
      fail(
        `store: apply: ${nodeId()} is not authorized to perform ${type} on ${defaultBranch(document)}`,
      )
  }
}

const run = commands[command] ?? commands[`${command} ${rest[0]}`]
if (!run) fail(`the double does not know \`rad ${process.argv.slice(2).join(' ')}\``)
run()
