import { parentPort } from 'node:worker_threads'
import { HubError, errorBody } from '../../../schemas/errors.ts'
import { scanNote } from '../note-scan.ts'
import type { FromReader, JobKind, Jobs, ToReader } from './messages.ts'
import { NoteTexts } from './note-texts.ts'
import { searchNotes } from './search.ts'

// Reads, scans and searches notes beside the hub, so that no note, however long, and no search,
// however wide, holds up its event loop. Searches take turns.
const port = parentPort
if (!port) throw new Error('this file is a worker')

const vaults = new Map<number, NoteTexts>()
const running = new Map<number, AbortController>()

port.on('message', (message: ToReader) => {
  switch (message.kind) {
    case 'read':
      return void answer(message.id, () => textsOf(message.asked).read(message.asked.paths))
    case 'scan':
      return void answer(message.id, async () => scanNote(message.asked.text))
    case 'search':
      return void answer(message.id, (signal) => search(message.asked, signal))
    case 'cancel':
      return running.get(message.id)?.abort()
    case 'forget':
      return forget(message.vault, message.paths)
  }
})

async function search({ vault, request }: Jobs['search']['asked'], signal: AbortSignal) {
  const texts = vaults.get(vault)
  if (texts) return searchNotes(texts, request, signal)
  throw new HubError('unavailable', 'the notes of this vault have to be read anew', {
    hint: 'Send the same call again.',
  })
}

function textsOf({ vault, root }: Jobs['read']['asked']): NoteTexts {
  const texts = vaults.get(vault) ?? new NoteTexts(root)
  vaults.set(vault, texts)
  return texts
}

function forget(vault: number, paths: string[] | 'all'): void {
  const texts = vaults.get(vault)
  if (paths !== 'all') return texts?.forget(paths)
  texts?.clear()
  vaults.delete(vault)
}

async function answer(
  id: number,
  work: (signal: AbortSignal) => Promise<Jobs[JobKind]['answer']>,
): Promise<void> {
  const stop = new AbortController()
  running.set(id, stop)
  const reply = await work(stop.signal).then(
    (done): FromReader => ({ id, state: 'done', answer: done }),
    (error: unknown): FromReader =>
      error instanceof HubError
        ? { id, state: 'refused', error: errorBody(error) }
        : { id, state: 'broken', error },
  )
  running.delete(id)
  port?.postMessage(reply)
}
