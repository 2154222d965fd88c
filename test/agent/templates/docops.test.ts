import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { askSites, askable } from '../../../agent/docs/external.ts'
import { readPage, slugOf } from '../../../agent/docs/markdown-links.ts'
import { wordsOf } from '../../../agent/docs/spelling.ts'
import type { Change } from '../../../schemas/change.ts'
import { startHub } from '../../helpers/hub.ts'
import { makeRepo } from '../../helpers/repo.ts'
import { runTask } from '../../helpers/run-task.ts'

const project = {
  'README.md':
    '# Thing\n\nSee [the guide](docs/guide.md#set-up), [moved](docs/api.md#calls), [gone](docs/gone.md)\nand [anchor](docs/guide.md#setup).\n\n`[no](link.md)`\n\n[later]: docs/guide.md\n',
  'docs/guide.md':
    '# Guide\n\n## Set up\n\nThis sentense is misspelt, `sentense` in code is not.\n',
  'docs/reference/api.md': '# API\n\n## Calls\n\nBack to the [README](../../README.md).\n',
  'cspell.json': '{ "words": ["misspelt"] }',
}

test('docops names broken links and misspelt words, and fails for the links', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const repo = await makeRepo(project)
  const task = await runTask(hub, { template: 'docops', repo })
  expect(task.state).toBe('failed')
  const { findings } = task.result?.reports ?? {}
  expect(findings?.items.map(({ path, line, message }) => `${path}:${line} ${message}`)).toEqual([
    'README.md:3 docs/api.md#calls leads to no file of the repository; did it move to docs/reference/api.md?',
    'README.md:3 docs/gone.md leads to no file of the repository',
    'README.md:4 docs/guide.md has no heading for #setup; did you mean #set-up?',
    expect.stringMatching(/^docs\/guide\.md:5 sentense; .*sentence/) as string,
  ])
})

test('with fix, docops opens a change that mends what has moved, and changes nothing else', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const repo = await makeRepo(project)
  const task = await runTask(hub, { template: 'docops', repo, params: { fix: true } })
  expect(task.state).toBe('in_review')
  expect(task.result?.reports?.findings).toMatchObject({ error: 1, note: 1 })
  const { diff } = await hub.call<{ change: Change; diff: string }>('change_read', {
    change: task.result?.change,
    max_bytes: 100_000,
  })
  const lines = diff.split('\n').filter((line) => /^[+-][^+-]/.test(line))
  expect(lines).toEqual([
    '-See [the guide](docs/guide.md#set-up), [moved](docs/api.md#calls), [gone](docs/gone.md)',
    '-and [anchor](docs/guide.md#setup).',
    '+See [the guide](docs/guide.md#set-up), [moved](docs/reference/api.md#calls), [gone](docs/gone.md)',
    '+and [anchor](docs/guide.md#set-up).',
  ])
  expect(readFileSync(join(repo, 'README.md'), 'utf8')).toBe(project['README.md'])
})

test('docops builds what the project says, and says what it could not build', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const repo = await makeRepo({
    'package.json': JSON.stringify({ scripts: { 'docs:build': 'echo built', docs: 'vite dev' } }),
    'book.toml': '[book]\n',
    'README.md': '# Fine\n',
  })
  const task = await runTask(hub, { template: 'docops', repo })
  expect(task.state).toBe('succeeded')
  const [own, book] = task.result?.checks ?? []
  expect(own).toMatchObject({ name: 'docs:build', state: 'passed' })
  expect(book?.name).toBe('mdbook')
  if (book?.state === 'skipped') expect(book.failures[0]).toMatch(/mdbook is not installed/)
})

test('links are read where Markdown has them, with their place', () => {
  const text =
    '[a](x.md) ![i](p(1).png) [b](<sp ace.md> "t") `[c](no.md)`\n\n```\n[d](no.md)\n```\n\n[r]: ref.md\n\n<p><a href="h.md">x</a></p>\n\n\\[e](no.md)\n'
  const { links } = readPage(text)
  expect(links.map(({ target, line }) => `${target} ${line}`)).toEqual([
    'x.md 1',
    'p(1).png 1',
    'sp ace.md 1',
    'ref.md 7',
    'h.md 9',
  ])
  for (const { target, start, end } of links) expect(text.slice(start, end)).toBe(target)
})

test.each([
  ['Set up', 'set-up'],
  ['`code` & more', 'code--more'],
  ['[Link](x.md) text', 'link-text'],
  ['Über uns!', 'über-uns'],
])('the anchor of %s is %s', (heading, slug) => {
  expect(slugOf(heading)).toBe(slug)
})

test('a heading that is there twice has two anchors', () => {
  expect([...readPage('# A\n\n# A\n\n<a id="own"></a>\n').anchors]).toEqual(['a', 'a-1', 'own'])
})

test('only running text is spelt', () => {
  const text =
    '# Titel\n\nA camelCase, snake_case, NASA, v1x, `codeword`, [word](dest-ination.md), https://exampel.org and user@hsot.org. Dash-joind words\u2019 end.\n'
  expect(wordsOf(text).map(({ word }) => word)).toEqual(['Titel', 'word', 'Dash', 'joind', 'words'])
})

test('other sites are asked once each: gone is an error, no answer a note', async () => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/gone' ? 404 : request.url === '/busy' ? 503 : 200
    // A site that knows only GET.
    if (request.method === 'HEAD' && request.url === '/get') response.statusCode = 405
    response.end()
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // It listens on a port.
  const place = { path: 'README.md', line: 1 }
  const urls = ['/ok', '/get', '/gone', '/busy'].map((path) => [base + path, place] as const)
  const findings = await askSites(
    new Map([...urls, ['http://127.0.0.1:1/', place]]),
    AbortSignal.timeout(20_000),
  )
  expect(findings.map(({ level, message }) => `${level} ${message}`).sort()).toEqual(
    [
      `error ${base}/gone is gone (404)`,
      `note ${base}/busy could not be verified (503)`,
      'note http://127.0.0.1:1/ could not be verified (no connection)',
    ].sort(),
  )
  const { asked } = askable(
    new Map([
      ['http://localhost:3000/x', place],
      ['https://api.example.com/', place],
      ['https://nodejs.org/', place],
    ]),
  )
  expect([...asked.keys()]).toEqual(['https://nodejs.org/'])
})
