import { readFile, stat } from 'node:fs/promises'
import type { Work } from '../attempt.ts'
import { insideRoot } from '../jail.ts'
import { artifactName, matches } from './collect.ts'

const maxFiles = 30
const maxBytes = 3 * 1024 * 1024

const mediaTypes: Record<string, string> = {
  xml: 'application/xml',
  json: 'application/json',
  jsonl: 'application/jsonl',
  sarif: 'application/sarif+json',
  ipynb: 'application/x-ipynb+json',
  html: 'text/html',
  md: 'text/markdown',
  csv: 'text/csv',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  svg: 'image/svg+xml',
  pdf: 'application/pdf',
  txt: 'text/plain',
  log: 'text/plain',
  info: 'text/plain',
}

export const mediaTypeOf = (path: string): string =>
  mediaTypes[path.slice(path.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream'

/** Keeps the files below a folder that match as artifacts, and says in the log which it left. */
export async function keepFiles(
  { lease }: Work,
  root: string,
  patterns: string[],
  folder = 'outputs',
): Promise<string[]> {
  if (patterns.length === 0) return []
  const found = await matches(root, patterns)
  const kept: string[] = []
  for (const name of found.slice(0, maxFiles)) {
    const path = await insideRoot(root, name)
    const { size } = await stat(path)
    if (size > maxBytes) {
      await lease.log.say(`${name} has ${size} bytes and is not kept; the limit is ${maxBytes}`)
      continue
    }
    await lease.keepBytes(artifactName(folder, name), await readFile(path), mediaTypeOf(name))
    kept.push(name)
  }
  if (found.length > maxFiles)
    await lease.log.say(`${found.length - maxFiles} more files match and are not kept`)
  return kept
}
