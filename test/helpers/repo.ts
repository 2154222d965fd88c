import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { git } from '../../servers/kit/git.ts'
import { makeFolder } from './folder.ts'

/** A small project whose test fails until `-` becomes `+`. */
const failingProject: Record<string, string> = {
  'package.json': '{ "name": "sum", "type": "module", "scripts": { "test": "node --test" } }\n',
  'CHANGELOG.md': '# Changes\n',
  'src/sum.js': 'export function sum(a, b) {\n  return a - b\n}\n',
  'test/sum.test.js':
    "import assert from 'node:assert'\nimport { test } from 'node:test'\nimport { sum } from '../src/sum.js'\ntest('adds', () => assert.equal(sum(2, 3), 5))\n",
}

/** A real Git repository with these files committed on `main`. */
export async function makeRepo(files: Record<string, string> = failingProject): Promise<string> {
  const path = join(makeFolder('repo'), 'thing')
  writeFiles(path, files)
  await git(['init', '--quiet', '--initial-branch=main', path])
  await commitAll(path, 'first')
  return path
}

export function writeFiles(root: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
}

export async function commitAll(path: string, message: string): Promise<string> {
  await git(['-C', path, 'add', '--all'])
  await git(['-C', path, 'commit', '--quiet', '--allow-empty', `--message=${message}`])
  return (await git(['-C', path, 'rev-parse', 'HEAD'])).trim()
}
