import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { insideRoot } from '../jail.ts'
import type { Bench, LoopTool } from './workspace-tools.ts'

const maxFileBytes = 4 * 1024 * 1024
const path = z.string().max(1000).describe('Path relative to the workspace')

const readInput = z.object({
  path,
  offset: z.int().min(1).default(1).describe('First line to show'),
  limit: z.int().min(1).max(2000).default(400).describe('Most lines to show'),
})

export const read: LoopTool<typeof readInput, Pick<Bench, 'root'>> = {
  description: 'Reads a text file with line numbers.',
  input: readInput,
  run: async ({ path: name, offset, limit }, { root }) => {
    const text = await readText(await insideRoot(root, name), name)
    const lines = text.split('\n')
    if (lines.at(-1) === '') lines.pop()
    const shown = lines.slice(offset - 1, offset - 1 + limit)
    const left = lines.length - (offset - 1 + shown.length)
    const numbered = shown
      .map((line, index) => `${String(offset + index).padStart(5)}\t${line}`)
      .join('\n')
    return left > 0 ? `${numbered}\n[${left} more lines]` : numbered
  },
}

const writeInput = z.object({
  path,
  content: z.string().max(maxFileBytes).describe('The whole new content'),
})

export const write: LoopTool<typeof writeInput> = {
  description: 'Creates a file or replaces its whole content. Use edit for a small change.',
  input: writeInput,
  run: async ({ path: name, content }, { root }) => {
    const file = await insideRoot(root, name)
    await mkdir(dirname(file), { recursive: true })
    await replace(file, content)
    return `wrote ${Buffer.byteLength(content)} bytes to ${name}`
  },
}

const editInput = z.object({
  path,
  old: z.string().min(1).describe('Text to replace; it must occur exactly once'),
  new: z.string().describe('Text to put in its place'),
})

export const edit: LoopTool<typeof editInput> = {
  description: 'Replaces one passage of a file. Quote enough of it to be unique.',
  input: editInput,
  run: async ({ path: name, old, new: replacement }, { root }) => {
    const file = await insideRoot(root, name)
    const text = await readText(file, name)
    const at = text.indexOf(old)
    if (at < 0)
      throw new HubError('not_found', `the passage does not occur in ${name}`, {
        hint: 'Read the file again; it must match to the character.',
      })
    if (text.indexOf(old, at + 1) >= 0)
      throw new HubError('ambiguous', `the passage occurs more than once in ${name}`, {
        hint: 'Quote more of what is around it.',
      })
    await replace(file, text.slice(0, at) + replacement + text.slice(at + old.length))
    return `edited ${name}`
  },
}

/** The text of a file that is neither binary nor larger than a tool answers with. */
export async function readText(file: string, name: string): Promise<string> {
  const { size } = await stat(file)
  if (size > maxFileBytes)
    throw new HubError('exhausted', `${name} has ${size} bytes; the limit is ${maxFileBytes}`, {
      hint: 'Use grep, or bash with head or sed.',
    })
  const bytes = await readFile(file)
  if (bytes.includes(0)) throw new HubError('unsupported', `${name} is a binary file`)
  return bytes.toString('utf8')
}

/** Replaces a file as a whole, so that nobody ever sees half of it, and keeps its mode. */
export async function replace(file: string, content: string): Promise<void> {
  const before = await stat(file).catch(() => undefined) // A new file has none.
  const temporary = `${file}.${randomBytes(4).toString('hex')}`
  await writeFile(temporary, content, { mode: before?.mode ?? 0o644, flag: 'wx' })
  await rename(temporary, file)
}
