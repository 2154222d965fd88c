import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Bench } from '../../agent/tools/workspace-tools.ts'
import { workspaceTools } from '../../agent/tools/workspace-tools.ts'
import { insideRoot } from '../../agent/jail.ts'
import { makeFolder } from '../helpers/folder.ts'

function makeWorkspace() {
  const outside = realpathSync(makeFolder())
  const root = join(outside, 'workspace')
  mkdirSync(join(root, 'src'), { recursive: true })
  writeFileSync(join(outside, 'secret.txt'), 'secret')
  writeFileSync(join(root, 'src/a.txt'), 'one\ntwo\ntwo\n')
  symlinkSync(outside, join(root, 'out'))
  symlinkSync(join(outside, 'not-yet'), join(root, 'dangling'))
  symlinkSync('src', join(root, 'inner'))
  return { root, outside }
}

describe('the jail', () => {
  test.each([
    '../secret.txt',
    'src/../../secret.txt',
    '/etc/passwd',
    'out/secret.txt',
    'out',
    'dangling',
    'dangling/x',
    'a\0b',
  ])('refuses %j', async (path) => {
    await expect(insideRoot(makeWorkspace().root, path)).rejects.toMatchObject({ code: 'denied' })
  })

  test.each(['src/a.txt', 'new/deep/file.txt', 'inner/a.txt', './src/../src/a.txt', '..a'])(
    'lets %j pass',
    async (path) => {
      const { root } = makeWorkspace()
      expect(await insideRoot(root, path)).toMatch(new RegExp(`^${root}/`))
    },
  )
})

describe('the tools of the loop', () => {
  const benchOf = (root: string, passed = true): Bench & { finished?: string } => {
    const bench: Bench & { finished?: string } = {
      root,
      signal: new AbortController().signal,
      log: async () => undefined,
      commit: () => Promise.resolve({ head: '0'.repeat(40), committed: true }),
      comments: [3],
      reviewed: undefined,
      check: async () => ({ passed, report: passed ? 'test passed' : 'test failed' }),
      search: async (query) => ({ items: [], degraded: [query] }),
      finish: (summary) => void (bench.finished = summary),
    }
    return bench
  }
  const use = (bench: Bench, name: string, input: object): Promise<string> => {
    const tool = workspaceTools(bench)[name]!
    const parsed = (tool.inputSchema as unknown as { parse(value: unknown): unknown }).parse(input) // A zod schema, see workspace-tools.
    return tool.execute!(parsed as never, {} as never) as Promise<string> // The tools look at neither type nor options.
  }

  test.each([
    ['read', { path: '../secret.txt' }],
    ['read', { path: 'out/secret.txt' }],
    ['write', { path: '../new.txt', content: 'x' }],
    ['write', { path: 'dangling', content: 'x' }],
    ['edit', { path: 'out/secret.txt', old: 'secret', new: 'x' }],
    ['grep', { pattern: 'secret', path: '..' }],
    ['glob', { pattern: '../*' }],
    ['glob', { pattern: '/etc/*' }],
  ])('%s %j is refused with words the model can act on', async (name, input) => {
    expect(await use(benchOf(makeWorkspace().root), name, input)).toMatch(/^denied: .*leads out/)
  })

  test('edit changes exactly one passage', async () => {
    const bench = benchOf(makeWorkspace().root)
    expect(await use(bench, 'edit', { path: 'src/a.txt', old: 'two', new: '2' })).toMatch(
      /^ambiguous/,
    )
    expect(await use(bench, 'edit', { path: 'src/a.txt', old: 'three', new: '3' })).toMatch(
      /^not_found/,
    )
    expect(await use(bench, 'edit', { path: 'src/a.txt', old: 'one\ntwo', new: 'one\n2' })).toBe(
      'edited src/a.txt',
    )
    expect(await use(bench, 'read', { path: 'src/a.txt' })).toBe('    1\tone\n    2\t2\n    3\ttwo')
  })

  test('glob lists files without following links out, and grep finds lines', async () => {
    const bench = benchOf(makeWorkspace().root)
    expect(await use(bench, 'glob', { pattern: '**/*.txt' })).toBe('src/a.txt')
    expect(await use(bench, 'read', { path: 'missing.txt' })).toMatch(/^not_found/)
  })

  test('bash reports exit code and output, and is stopped at its limit', async () => {
    const bench = benchOf(makeWorkspace().root)
    expect(await use(bench, 'bash', { command: 'echo hi; exit 3' })).toBe('exit code 3\nhi\n')
    const startedAt = performance.now()
    expect(await use(bench, 'bash', { command: 'sleep 30 & sleep 30', timeout_ms: 1000 })).toMatch(
      /^stopped after 1000 ms/,
    )
    expect(performance.now() - startedAt).toBeLessThan(6000)
  })

  test('finish is refused while the checks fail', async () => {
    const failing = benchOf(makeWorkspace().root, false)
    expect(await use(failing, 'finish', { summary: 'done' })).toMatch(/^conflict: the checks fail/)
    expect(failing.finished).toBeUndefined()
    const passing = benchOf(makeWorkspace().root)
    await use(passing, 'finish', { summary: 'done' })
    expect(passing.finished).toBe('done')
  })
})
