import { chmodSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { readTextFile, replaceTextFile } from '../../../servers/kit/files/text-file.ts'
import { makeFolder } from '../../helpers/folder.ts'

const start = async () => {
  const folder = makeFolder()
  const path = join(folder, 'Note.md')
  writeFileSync(path, 'one')
  return { folder, path, file: await readTextFile(path, 'Note.md') }
}

test('a replacement keeps the mode and leaves nothing beside the file', async () => {
  const { folder, path, file } = await start()
  chmodSync(path, 0o640)
  const fresh = await readTextFile(path, 'Note.md')
  replaceTextFile(fresh, 'two', 'Note.md')
  expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['two', ['Note.md']])
  expect(file.etag).toBe(fresh.etag)
})

test('what somebody else saved since stays, whichever way they saved', async () => {
  for (const save of [
    (path: string) => writeFileSync(path, 'theirs'),
    (path: string) => (writeFileSync(`${path}.x`, 'theirs'), renameSync(`${path}.x`, path)),
  ]) {
    const { folder, path, file } = await start()
    save(path)
    expect(() => replaceTextFile(file, 'ours', 'Note.md')).toThrow(/somebody else/)
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['theirs', ['Note.md']])
  }
})

test('a file whose replacement was cut off by a kill has its name back when it is read', async () => {
  const { folder, path } = await start()
  renameSync(path, join(folder, '.Note.md.0123456789ab.taken'))
  await expect(readTextFile(path, 'Note.md')).rejects.toThrow(/no file/) // Somebody may be at work on it.
  // The age of a file counts from a time that only the system sets, so it is the present that moves.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2100 })
  onTestFinished(() => void vi.useRealTimers())
  expect((await readTextFile(path, 'Note.md')).text).toBe('one')
  expect(readdirSync(folder)).toEqual(['Note.md'])
})
