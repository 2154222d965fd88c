import { execFileSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { codeRoot } from '../../servers/kit/code-root.ts'

const copy = mkdtempSync(join(tmpdir(), 'switchyard-bundle-'))
afterAll(() => rmSync(copy, { recursive: true, force: true }))

const node = (...args: string[]) =>
  execFileSync(process.execPath, args, { cwd: copy, encoding: 'utf8' })
const help = () => node('bin/switchyard.js', 'help')

test('the bundle runs while it is of these sources, and else the sources do', () => {
  for (const name of ['agent', 'bin', 'hub', 'schemas', 'scripts', 'servers', 'web'])
    cpSync(join(codeRoot, name), join(copy, name), { recursive: true })
  for (const name of ['package.json', 'package-lock.json'])
    cpSync(join(codeRoot, name), join(copy, name))
  symlinkSync(join(codeRoot, 'node_modules'), join(copy, 'node_modules'))
  const fromSource = help()

  node('scripts/bundle.ts')
  expect(help()).toBe(fromSource)
  const mark = (file: string, word: string) =>
    appendFileSync(join(copy, file), `\nprocess.stdout.write('${word}\\n')\n`)
  mark('dist/hub.js', 'from the bundle')
  expect(help()).toContain('from the bundle')

  mark('hub/cli/output.ts', 'changed')
  expect(help()).toContain('changed')
  expect(help()).not.toContain('from the bundle')

  node('scripts/bundle.ts')
  expect(help()).toContain('changed')
  utimesSync(join(copy, 'servers/index.ts'), 1, 1) // An older file in its place counts too.
  mark('dist/hub.js', 'from the bundle')
  expect(help()).not.toContain('from the bundle')
})
