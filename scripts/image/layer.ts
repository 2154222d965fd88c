import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import type { Pack } from 'tar-stream'
import type { Tree } from './tree.ts'

/** A layer in a file: its digest, and that of what it unpacks to. */
export type Layer = { file: string; digest: string; diffId: string; size: number }

/** Writes the same bytes for the same tree: one order, no times, no names of users. */
export async function writeLayer(tree: Tree, file: string): Promise<Layer> {
  const tar = pack()
  const [plain, packed] = [new Digest(), new Digest()]
  const written = pipeline(tar, plain, createGzip({ level: 6 }), packed, createWriteStream(file))
  await Promise.all([addAll(tar, tree), written])
  return { file, digest: packed.digest, diffId: plain.digest, size: packed.size }
}

const empty = Buffer.alloc(0)

/** The time of everything: the layers of one content are to be one layer. */
export const noTime = new Date(0)

async function addAll(tar: Pack, tree: Tree): Promise<void> {
  for (const [name, node] of tree.entries()) {
    const { mode, uid, gid, type } = node
    const header = { name, mode, uid, gid, mtime: noTime }
    const add = (more: object, data: Buffer = empty) =>
      new Promise<void>((resolve, reject) => {
        const done = (error?: Error | null) => (error ? reject(error) : resolve())
        tar.entry({ ...header, ...more, type }, data, done)
      })
    if (node.type === 'file') await add({}, node.read())
    else await add(node.type === 'symlink' ? { linkname: node.target } : {})
  }
  tar.finalize()
}

/** Passes bytes on and knows their SHA-256 and number afterwards. */
class Digest extends Transform {
  readonly #hash = createHash('sha256')
  size = 0
  #digest = ''

  get digest(): string {
    return (this.#digest ||= `sha256:${this.#hash.digest('hex')}`)
  }

  override _transform(chunk: Buffer, _encoding: string, done: (e: null, data: Buffer) => void) {
    this.#hash.update(chunk)
    this.size += chunk.length
    done(null, chunk)
  }
}
