import { glob as globFiles } from 'node:fs/promises'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { insideRoot } from '../jail.ts'
import { runCommand } from '../processes.ts'
import type { Bench, LoopTool } from './workspace-tools.ts'

const maxResults = 200
const ignored = (name: string) =>
  name === '.git' || name === 'node_modules' || name === '.venv' || name === 'target'

const globInput = z.object({
  pattern: z.string().min(1).max(500).describe('Glob such as src/**/*.ts'),
})

export const glob: LoopTool<typeof globInput, Pick<Bench, 'root'>> = {
  description: 'Lists files whose path matches a pattern.',
  input: globInput,
  run: async ({ pattern }, { root }) => {
    if (pattern.startsWith('/') || pattern.split('/').includes('..')) {
      throw new HubError('denied', `${JSON.stringify(pattern)} leads out of the workspace`)
    }
    const found: string[] = []
    const exclude = (entry: { name: string }) => ignored(entry.name)
    for await (const entry of globFiles(pattern, { cwd: root, withFileTypes: true, exclude })) {
      if (!entry.isFile()) continue
      found.push(`${entry.parentPath}/${entry.name}`.slice(root.length + 1))
      if (found.length >= maxResults) break
    }
    return found.sort().join('\n') || 'no file matches'
  },
}

const grepInput = z.object({
  pattern: z.string().min(1).max(1000).describe('Extended regular expression'),
  path: z.string().max(1000).default('.').describe('File or folder to search'),
})

export const grep: LoopTool<typeof grepInput, Pick<Bench, 'root' | 'signal'>> = {
  description: 'Searches file contents and shows matching lines with path and line number.',
  input: grepInput,
  run: async ({ pattern, path }, { root, signal }) => {
    const target = await insideRoot(root, path)
    // Through git, because it knows what is ignored; a time limit bounds hostile patterns.
    const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
    const command = `git -c core.fsmonitor=false grep --no-color --untracked -n -I -E -m 50 -e ${quote(pattern)} -- ${quote(target)}`
    const result = await runCommand(command, {
      cwd: root,
      signal,
      timeoutMs: 20_000,
      onOutput: async () => undefined,
    })
    if (result.exitCode === 1) return 'no match'
    if (result.exitCode !== 0)
      throw new HubError('invalid', `grep: ${result.tail.trim().slice(0, 500) || 'took too long'}`)
    const lines = result.tail.trimEnd().split('\n')
    return lines.length > maxResults
      ? [...lines.slice(0, maxResults), `[${lines.length - maxResults} more]`].join('\n')
      : lines.join('\n')
  },
}
