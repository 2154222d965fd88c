import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'
import { providerContract } from './provider-contract.ts'

providerContract('local', async () => {
  const path = await makeRepo()
  return {
    path,
    read: (branch, file) => git(['-C', path, 'show', `${branch}:${file}`]),
    commits: async (branch) => (await git(['-C', path, 'rev-list', branch])).trim().split('\n'),
    proposeForeign: async (files, title) => {
      const revise = async (more: Record<string, string>, message: string) => {
        await git(['-C', path, 'checkout', '--quiet', 'theirs'])
        writeFiles(path, more)
        const head = await commitAll(path, message)
        await git(['-C', path, 'checkout', '--quiet', 'main'])
        return head
      }
      await git(['-C', path, 'branch', '--quiet', 'theirs', 'main'])
      await revise(files, title)
      const email = await git(['-C', path, 'log', '--max-count=1', '--format=%ae', 'theirs'])
      return {
        handle: 'theirs',
        author: `git:${email.trim()}`,
        revise: (more) => revise(more, title),
      }
    },
    commit: async (files) => {
      writeFiles(path, files)
      await commitAll(path, 'other work')
    },
  }
})

test('a repository of a provider that this hub does not know is listed and not worked on', async () => {
  const data = makeFolder('hub')
  const repo = await makeRepo()
  const first = await startHub({ data })
  await first.call('branch_create', { repo, branch: 'known' })
  await first.hub.stop()
  const store = new Database(join(data, 'switchyard.db'))
  store.exec("UPDATE repositories SET provider = 'elsewhere'") // As a newer hub would write it.
  store.close()
  const hub = await startHub({ data })
  expect(await hub.call('repo_list')).toMatchObject({ items: [{ provider: 'elsewhere' }] })
  expect(await failure(hub.call('repo_read', { repo }))).toMatchObject({
    code: 'unsupported',
    hint: 'It speaks with: radicle, forgejo, local.',
  })
  const branch = hub.call('branch_create', { repo, branch: 'more' })
  expect(await failure(branch)).toMatchObject({ code: 'unsupported' })
})
