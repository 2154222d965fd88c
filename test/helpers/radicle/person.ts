import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { git } from '../../../servers/kit/git.ts'
import { run } from '../../../servers/kit/run.ts'
import { readPatch } from '../../../servers/radicle/providers/radicle/patch.ts'
import { makeFolder } from '../folder.ts'
import { commitAll, makeRepo, writeFiles } from '../repo.ts'

/** Somebody with a Radicle home of their own, who works with `rad` and `git` by hand. */
export type Person = {
  home: string
  did: string
  nid: string
  rad(...args: string[]): Promise<string>
  /** `git` with the `rad://` remote helper, in a folder; returns what it said on both streams. */
  git(path: string, ...args: string[]): Promise<string>
}

/** Makes a home, with whichever `rad` is on the PATH; `storage` is that of another home, to share it. */
export async function makePerson(alias: string, storage?: string): Promise<Person> {
  const home = join(makeFolder(`rad-${alias}`), 'home')
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    RAD_HOME: home,
    RAD_SOCKET: join(home, 'node', 'control.sock'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: alias,
    GIT_AUTHOR_EMAIL: `${alias}@localhost`,
    GIT_COMMITTER_NAME: alias,
    GIT_COMMITTER_EMAIL: `${alias}@localhost`,
  }
  const spoken = async (program: string, args: string[], input?: string) => {
    const options = input === undefined ? {} : { input }
    const result = await run(program, args, { env, ...options, timeoutMs: 120_000 })
    const text = `${result.stdout.toString('utf8')}${result.stderr.toString('utf8')}`
    expect([args.join(' '), result.exitCode, text]).toEqual([args.join(' '), 0, text])
    return text
  }
  mkdirSync(home)
  if (storage !== undefined) symlinkSync(storage, join(home, 'storage'))
  await spoken('rad', ['auth', '--alias', alias, '--stdin'], '\n')
  const did = (await spoken('rad', ['self', '--did'])).trim()
  return {
    home,
    did,
    nid: did.replace('did:key:', ''),
    rad: (...args) => spoken('rad', args),
    git: (path, ...args) => spoken('git', ['-C', path, ...args]),
  }
}

/** A repository of theirs on Radicle, with one commit on `main`, as they have it checked out. */
export async function makeRadRepo(
  { rad }: Person,
  files?: Record<string, string>,
): Promise<{ path: string; rid: string }> {
  const path = await makeRepo(files)
  const named = ['--name', 'thing', '--description', 'A thing', '--default-branch', 'main']
  await rad('init', path, ...named, '--public', '--no-confirm')
  return { path, rid: (await rad('inspect', path)).trim() }
}

/** Adds an action to a patch, as `rad patch comment` and its like do, and returns its id. */
export async function act(
  { rad }: Person,
  { rid, patch }: { rid: string; patch: string },
  action: Record<string, unknown>,
): Promise<string> {
  const file = join(makeFolder('action'), 'action.jsonl')
  writeFileSync(file, JSON.stringify(action))
  const where = ['--repo', rid, '--type', 'xyz.radicle.patch', '--object', patch]
  await rad('patch', 'cache', patch, '--repo', rid, '--no-announce')
  return (await rad('cob', 'update', ...where, '--message', 'Say', file)).trim()
}

/** A repository as Radicle keeps it, for the contract of providers. */
export async function makeProvidedRepository() {
  const alice = await makePerson('alice')
  const { path, rid } = await makeRadRepo(alice)
  const storage = join(alice.home, 'storage', rid.replace('rad:', ''))
  const refOf = async (branch: string): Promise<string> => {
    if (!branch.startsWith('switchyard/')) return `refs/heads/${branch}`
    // A change is no branch there but a patch.
    const heads = 'refs/namespaces/*/refs/heads/patches/*'
    const refs = await git(['--git-dir', storage, 'for-each-ref', '--format=%(refname)', heads])
    return refs.trim().split('\n')[0] ?? ''
  }
  return {
    path,
    config: { radicle: { home: alice.home } },
    proposeForeign: async (files: Record<string, string>, title: string) => {
      let last = ''
      const commit = async (more: Record<string, string>) => {
        await alice.git(path, 'checkout', '--quiet', 'theirs')
        writeFiles(path, more)
        last = await commitAll(path, title)
      }
      const back = () => alice.git(path, 'checkout', '--quiet', 'main')
      const pushing = ['push', 'rad', '-o', 'no-sync', '-o', `patch.message=${title}`]
      await alice.git(path, 'branch', 'theirs', 'main')
      await commit(files)
      const said = await alice.git(path, ...pushing, 'HEAD:refs/patches')
      const [patch = ''] = /[0-9a-f]{40}/.exec(said) ?? []
      await back()
      return {
        handle: patch,
        author: `radicle:${alice.nid}`,
        revise: async (more: Record<string, string>) => {
          await commit(more)
          await alice.git(path, ...pushing, `+HEAD:refs/heads/patches/${patch}`)
          await back()
          return last
        },
        say: async (body: string) => {
          await act(alice, { rid, patch }, { type: 'revision.comment', revision: patch, body })
        },
      }
    },
    isDraft: async () => {
      const refs = 'refs/namespaces/*/refs/cobs/xyz.radicle.patch/*'
      const format = '--format=%(refname:lstrip=-1)'
      const ids = (await git(['--git-dir', storage, 'for-each-ref', format, refs])).trim()
      const [patch = ''] = ids.split('\n')
      const where = ['--repo', rid, '--type', 'xyz.radicle.patch', '--object', patch]
      const log = await alice.rad('cob', 'log', ...where, '--format', 'json')
      return readPatch(log, () => true).isDraft
    },
    read: async (branch: string, file: string) =>
      git(['--git-dir', storage, 'show', `${await refOf(branch)}:${file}`]),
    commits: async (branch: string) =>
      (await git(['--git-dir', storage, 'rev-list', await refOf(branch)])).trim().split('\n'),
    commit: async (files: Record<string, string>) => {
      writeFiles(path, files)
      await commitAll(path, 'other work')
      await alice.git(path, 'push', 'rad', 'main')
    },
    trust: async (identity: string) => {
      const known = await alice.rad('inspect', '--delegates', rid)
      if (known.includes(identity)) return
      const words = ['--title', 'Add the hub', '--description', 'It merges']
      await alice.rad(
        'id',
        'update',
        '--repo',
        rid,
        ...words,
        '--delegate',
        identity,
        '--no-confirm',
      )
    },
  }
}
