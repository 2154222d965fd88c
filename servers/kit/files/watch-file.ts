import type { FSWatcher } from 'node:fs'
import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'

const settleMs = 50

/**
 * Calls `changed` soon after a file was saved, made or removed by whomever, until the returned function is
 * called. Throws what the system says where its folder cannot be watched.
 */
export function watchFile(path: string, changed: () => void): () => void {
  let settling: NodeJS.Timeout | undefined
  // Its folder is watched, since editors save by putting another file in its place.
  const watcher: FSWatcher = watch(dirname(path), (_event, name) => {
    if (name !== null && name !== basename(path)) return
    clearTimeout(settling)
    settling = setTimeout(changed, settleMs)
  })
  watcher.on('error', () => watcher.close()) // The folder went, and with it the file: that was told.
  return () => {
    clearTimeout(settling)
    watcher.close()
  }
}
