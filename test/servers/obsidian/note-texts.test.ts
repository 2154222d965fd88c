import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test, vi } from 'vitest'
import { NoteTexts } from '../../../servers/obsidian/reader/note-texts.ts'
import { searchNotes } from '../../../servers/obsidian/reader/search.ts'
import { VaultIndex } from '../../../servers/obsidian/vault-index.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { writeFiles } from '../../helpers/repo.ts'

const { signal } = new AbortController()
const files = { 'A.md': 'one Plan', 'b/B.md': '# Plan\n- [ ] plan two', 'C.md': 'none' }
const paths = Object.keys(files)

test('notes are found in memory and on the disk alike, and memory that is given back is used again', async () => {
  const root = makeFolder('vault')
  writeFiles(root, files)
  const room = { freeBytes: 75 }
  const texts = new NoteTexts(root, room)
  await texts.read(paths)
  const held = () => paths.filter((path) => texts.held(path)).length
  expect(held()).toBe(2)
  const find = (query: string) => searchNotes(texts, { query, limit: 9, excerptChars: 9 }, signal)
  expect(await find('plan')).toMatchObject({ items: [{ path: 'A.md' }, { path: 'b/B.md' }] })
  expect(await find('task-todo:two')).toMatchObject({ items: [{ path: 'b/B.md' }], total: 1 })
  texts.forget(['A.md'])
  await texts.read(['b/B.md', 'C.md'])
  expect(held()).toBe(2)
  expect(await find('plan')).toMatchObject({ total: 1 })
  texts.clear()
  expect(room).toEqual({ freeBytes: 75 })
})

test('a note that is gone by the time it is read again fits nothing', async () => {
  const root = makeFolder('vault')
  writeFiles(root, files)
  const texts = new NoteTexts(root, { freeBytes: 0 })
  await texts.read(paths)
  rmSync(join(root, 'A.md'))
  const found = await searchNotes(texts, { query: 'plan', limit: 9, excerptChars: 9 }, signal)
  expect(found).toMatchObject({ items: [{ path: 'b/B.md' }], total: 1 })
})

test('a reader that is lost never answers "nothing": the notes are read anew', async () => {
  const root = makeFolder('vault')
  writeFiles(root, files)
  const posted = vi.spyOn(Worker.prototype, 'postMessage')
  const [index, empty] = [new VaultIndex(root, []), new VaultIndex(makeFolder(), [])]
  await index.refresh()
  await empty.refresh()
  const [worker] = posted.mock.contexts as Worker[] // The method is a worker's.
  await worker?.terminate()
  posted.mockRestore()
  const find = (vault: VaultIndex) =>
    vault.search({ query: 'plan', limit: 9, excerptChars: 9 }, signal)
  await expect(find(index)).rejects.toMatchObject({ code: 'unavailable' })
  await index.refresh()
  expect(await find(index)).toMatchObject({ total: 2 })
  await empty.refresh()
  expect(await find(empty)).toEqual({ items: [], total: 0 })
  index.close()
  empty.close()
})
