import { spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { defaultBranch, git, nodeId, readDocument, storageOf } from './home.ts'
import { operate, patchIds, stateOf } from './patches.ts'

// A double of Radicle's Git remote helper, gitremote-helpers(7), with the words of Radicle 1.9.

const url = process.argv.at(-1) ?? ''
const [rid = '', namespace] = url.replace('rad://', '').split('/')
const storage = storageOf(rid)
const stored = (...args: string[]) => git(['--git-dir', storage, ...args])
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const tell = (line: string): void => void process.stderr.write(`${line}\n`)
const options = new Map<string, string[]>()
const pushes: string[] = []
const fetches: string[] = []

for await (const line of createInterface({ input: process.stdin })) {
  const [word = '', ...rest] = line.split(' ')
  const text = rest.join(' ')
  if (word === 'capabilities') say('option\npush\nfetch\n')
  else if (word === 'option') takeOption(text)
  else if (word === 'list') list(text === 'for-push')
  else if (word === 'fetch') fetches.push(rest[0] ?? '')
  else if (word === 'push') pushes.push(text)
  else if (line === '') {
    if (fetches.length > 0) fetchAll()
    else if (pushes.length > 0) pushAll()
    else break
    say('')
    break
  }
}

function takeOption(text: string): void {
  const [name, ...rest] = text.split(' ')
  if (name !== 'push-option')
    return say(name === 'verbosity' || name === 'cas' ? 'ok' : 'unsupported')
  const [key = '', value = ''] = rest.join(' ').split(/=(.*)/s)
  const known = [
    'no-sync',
    'patch.draft',
    'patch.message',
    'patch.base',
    'patch.target',
    'patch.branch',
  ]
  if (!known.includes(key)) {
    tell(`error: unknown push option "${key}"`)
    process.exit(1)
  }
  options.set(key, [...(options.get(key) ?? []), value])
  say('ok')
}

function list(isForPush: boolean): void {
  const own = isForPush ? nodeId() : namespace
  const under = own === undefined ? '' : `refs/namespaces/${own}/`
  const kinds = own === undefined || isForPush ? ['refs/heads', 'refs/tags'] : ['refs']
  const places = kinds.map((kind) => `${under}${kind}`)
  if (own === undefined) say(`@refs/heads/${defaultBranch(readDocument(storage))} HEAD`)
  const refs = stored('for-each-ref', '--format=%(objectname) %(refname)', ...places)
  for (const row of refs.split('\n').filter(Boolean)) say(row.replace(` ${under}`, ' '))
  if (own === undefined)
    for (const id of patchIds(storage)) {
      const { status, revisions } = stateOf(storage, id)
      if (status === 'open') say(`${revisions.at(-1)?.oid} refs/heads/patches/${id}`)
    }
  say('')
}

function fetchAll(): void {
  git(['fetch-pack', '--quiet', storage, ...new Set(fetches)])
}

function pushAll(): void {
  for (const spec of pushes) {
    const [from = '', to = ''] = spec.split(':')
    try {
      pushOne(from, to)
      say(`ok ${to}`)
    } catch (error) {
      say(`error ${to} ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

function pushOne(from: string, to: string): void {
  const head = git(['rev-parse', `${from.replace('+', '')}^{commit}`])
  if (to === 'refs/patches') return openPatch(head)
  const own = `refs/namespaces/${nodeId()}/${to}`
  const patch = /^refs\/heads\/patches\/(\w+)$/.exec(to)?.[1]
  if (patch !== undefined && stateOf(storage, patch).revisions.some(({ oid }) => oid === head))
    return
  const old = spawnSync('git', ['--git-dir', storage, 'rev-parse', '--verify', '--quiet', own], {
    encoding: 'utf8',
  }).stdout.trim()
  send(`${from.startsWith('+') ? '+' : ''}${head}`, own)
  if (patch !== undefined) revise(patch, head)
  else if (to.startsWith('refs/heads/')) moveCanonical(to, old, head)
}

function openPatch(head: string): void {
  send(`+${head}`, `refs/namespaces/${nodeId()}/refs/tmp/heads/${head}`)
  const target = stored('rev-parse', `refs/heads/${defaultBranch(readDocument(storage))}`)
  const base = options.get('patch.base')?.[0] ?? stored('merge-base', target, head)
  if (base === head) {
    tell(
      `warn: attempted to create a patch using the commit ${head}, but this commit is already included in the base branch`,
    )
    throw new Error('patch commits are already included in the base branch')
  }
  const [title = '', ...body] = options.get('patch.message') ?? []
  const goal = options.get('patch.target')?.[0]
  const isDraft = options.has('patch.draft')
  const id = operate(storage, undefined, [
    { type: 'revision', description: body.join('\n\n'), base, oid: head },
    { type: 'edit', title, target: goal === undefined ? 'delegates' : { branch: goal } },
    ...(isDraft ? [{ type: 'lifecycle', state: { status: 'draft' } }] : []),
  ])
  stored('update-ref', `refs/namespaces/${nodeId()}/refs/heads/patches/${id}`, head)
  stored('update-ref', '-d', `refs/namespaces/${nodeId()}/refs/tmp/heads/${head}`)
  tell(`✓ Patch ${id} ${isDraft ? 'drafted' : 'opened'}`)
}

function revise(patch: string, head: string): void {
  const before = stateOf(storage, patch).revisions.at(-1)
  const base = options.get('patch.base')?.[0] ?? before?.base ?? ''
  const description = (options.get('patch.message') ?? []).join('\n\n')
  const id = operate(storage, patch, [{ type: 'revision', description, base, oid: head }])
  tell(`✓ Patch ${patch.slice(0, 7)} updated to revision ${id}`)
  tell(
    `To compare against your previous revision ${before?.id.slice(0, 7)}, run:\n\n   git range-diff ${before?.base} ${before?.oid} ${head}\n`,
  )
}

/** The canonical branch moves once enough delegates have the same commit, or one that follows it. */
function moveCanonical(to: string, old: string, head: string): void {
  const document = readDocument(storage)
  const { delegates, threshold } = document
  if (to !== `refs/heads/${defaultBranch(document)}`) return
  if (!delegates.includes(`did:key:${nodeId()}`)) return
  const canonical = stored('rev-parse', to)
  noteMerges(old === '' ? canonical : old, head)
  const nodes = delegates.map((did) => did.replace('did:key:', ''))
  const heads = nodes.flatMap((node) => {
    const refs = `refs/namespaces/${node}/${to}`
    return stored('for-each-ref', '--format=%(objectname)', refs).split('\n').filter(Boolean)
  })
  const votes = heads.filter((one) => isAncestor(head, one)).length
  if (votes < threshold || canonical === head) return
  if (!isAncestor(canonical, head)) {
    tell('error: refusing to update branch to commit that is not a descendant of canonical head')
    process.exit(1)
  }
  stored('update-ref', to, head)
  tell(`✓ Canonical reference ${to} updated to target commit ${head}`)
}

function noteMerges(old: string, head: string): void {
  const brought = new Set(stored('rev-list', head, `^${old}`).split('\n'))
  for (const id of patchIds(storage)) {
    const { status, revisions } = stateOf(storage, id)
    const revision = revisions.findLast(({ oid }) => brought.has(oid))
    if (!revision || (status !== 'open' && status !== 'draft')) continue
    operate(storage, id, [{ type: 'merge', revision: revision.id, commit: revision.oid }])
    const isLast = revision === revisions.at(-1)
    tell(`✓ Patch ${id} merged${isLast ? '' : ` at revision ${revision.id.slice(0, 7)}`}`)
    stored('update-ref', '-d', `refs/namespaces/${nodeId()}/refs/heads/patches/${id}`)
  }
}

function isAncestor(ancestor: string, descendant: string): boolean {
  const args = ['--git-dir', storage, 'merge-base', '--is-ancestor', ancestor, descendant]
  return spawnSync('git', args).status === 0
}

function send(from: string, to: string): void {
  git(['-c', 'core.hooksPath=/dev/null', 'push', '--quiet', storage, `${from}:${to}`])
}
