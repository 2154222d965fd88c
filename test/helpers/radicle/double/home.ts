import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'

// A Radicle home as far as the double needs one. It signs nothing and speaks with no network.

export const home = process.env.RAD_HOME ?? ''

/** Ends the program as Radicle does. */
export function fail(message: string): never {
  process.stderr.write(`✗ Error: ${message}\n`)
  process.exit(1)
}

export function git(args: string[], input?: string): string {
  const result = spawnSync('git', args, { input, encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`git ${args.join(' ')}: ${result.stderr}`)
  return result.stdout.trim()
}

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** A name of that length that looks like Radicle's, from a seed. */
export function base58(seed: string, length: number): string {
  const bytes = createHash('sha512').update(seed).digest()
  return Array.from({ length }, (_, n) => alphabet[(bytes[n] ?? 0) % 58]).join('')
}

export function makeKey(name: string): string {
  const seed = process.env.RAD_KEYGEN_SEED ?? randomBytes(32).toString('hex')
  const nid = `z6Mk${base58(seed, 44)}`
  for (const folder of ['keys', 'node', 'cobs', 'storage'])
    mkdirSync(join(home, folder), { recursive: true })
  writeFileSync(join(home, 'keys', 'radicle.pub'), nid)
  writeFileSync(join(home, 'alias'), name)
  writeFileSync(join(home, 'cobs', 'cache.db'), '')
  return nid
}

export function nodeId(): string {
  const file = join(home, 'keys', 'radicle.pub')
  if (existsSync(file)) return readFileSync(file, 'utf8')
  return fail(`Radicle profile not found in '${home}'.`)
}

export const alias = (): string => readFileSync(join(home, 'alias'), 'utf8')

/** The bare repository in which one is stored. */
export function storageOf(rid: string): string {
  const path = join(home, 'storage', rid.replace(/^rad:(\/\/)?/, ''))
  if (existsSync(path)) return path
  return fail(`repository ${rid} is not found`)
}

export type Document = {
  delegates: string[]
  payload: Record<string, Record<string, unknown>>
  threshold: number
}

export const readDocument = (storage: string): Document =>
  JSON.parse(readFileSync(join(storage, 'identity.json'), 'utf8')) as Document // By writeDocument.

export const writeDocument = (storage: string, document: Document): void =>
  writeFileSync(join(storage, 'identity.json'), JSON.stringify(document))

export const defaultBranch = ({ payload }: Document): string =>
  String(payload['xyz.radicle.project']?.defaultBranch)

/** Seconds of now, or what a test holds still. */
export const seconds = (): number =>
  Number(process.env.RAD_LOCAL_TIME ?? Math.floor(Date.now() / 1000))
