import { readFile } from 'node:fs/promises'
import { insideRoot } from '../jail.ts'

/** Of files that conflicted, those that still have markers. One that was removed has none. */
export async function markersLeft(root: string, files: { path: string }[]): Promise<string[]> {
  const marked: string[] = []
  for (const { path } of files) {
    const text = await readFile(await insideRoot(root, path), 'utf8').catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'EISDIR') return ''
        throw error
      },
    )
    if (/^(<{7}|>{7}) /m.test(text)) marked.push(path)
  }
  return marked
}
