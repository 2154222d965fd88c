import type { Case } from '../case.ts'
import { replace, write } from '../case.ts'

const manifest = (name: string) =>
  `{ "name": "${name}", "type": "module", "scripts": { "test": "node --test" } }\n`
const test = (imports: string, body: string) =>
  `import assert from 'node:assert'\nimport { test } from 'node:test'\n${imports}\n${body}\n`
const check = 'npm run test'

export const javascript: Case[] = [
  {
    name: 'js-slug',
    language: 'javascript',
    kind: 'bug',
    goal: 'Make slugs of titles with several spaces or punctuation right.',
    files: {
      'package.json': manifest('slug'),
      'src/slug.js':
        "export const slug = (title) => title.toLowerCase().replace(' ', '-').replace(/[^a-z0-9-]/, '')\n",
      'test/slug.test.js': test(
        "import { slug } from '../src/slug.js'",
        "test('spaces', () => assert.equal(slug('a  b c'), 'a-b-c'))\ntest('signs', () => assert.equal(slug('Hello, World!'), 'hello-world'))",
      ),
    },
    check,
    reads: ['src/slug.js', 'test/slug.test.js'],
    attempts: [
      [replace('src/slug.js', "replace(' ', '-')", "replaceAll(' ', '-')")],
      [
        replace(
          'src/slug.js',
          ".replace(' ', '-').replace(/[^a-z0-9-]/, '')",
          ".replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')",
        ),
      ],
    ],
    hidden: {
      files: {
        'hidden.test.mjs': test(
          "import { slug } from './src/slug.js'",
          "test('edges', () => assert.equal(slug('  A -- b?! '), 'a-b'))",
        ),
      },
      command: 'node --test hidden.test.mjs',
    },
    ending: { state: 'merged' },
    faults: [
      { at: 2, kind: 'bad-json' },
      { at: 5, kind: 'unknown-tool' },
    ],
  },
  {
    name: 'js-flag',
    language: 'javascript',
    kind: 'feature',
    goal: 'Let the argument parser take --name=value as well as --name value.',
    files: {
      'package.json': manifest('args'),
      'src/args.js':
        "export function parse(args) {\n  const options = {}\n  for (let at = 0; at < args.length; at++) {\n    if (args[at].startsWith('--')) options[args[at].slice(2)] = args[++at]\n  }\n  return options\n}\n",
      'test/args.test.js': test(
        "import { parse } from '../src/args.js'",
        "test('separate', () => assert.deepEqual(parse(['--a', '1']), { a: '1' }))",
      ),
    },
    check,
    reads: ['src/args.js'],
    attempts: [
      [
        replace(
          'src/args.js',
          "    if (args[at].startsWith('--')) options[args[at].slice(2)] = args[++at]\n",
          "    if (!args[at].startsWith('--')) continue\n    const [name, ...value] = args[at].slice(2).split('=')\n    options[name] = value.length > 0 ? value.join('=') : args[++at]\n",
        ),
        write(
          'test/equals.test.js',
          test(
            "import { parse } from '../src/args.js'",
            "test('equals', () => assert.deepEqual(parse(['--a=b=c']), { a: 'b=c' }))",
          ),
        ),
      ],
    ],
    hidden: {
      files: {
        'hidden.test.mjs': test(
          "import { parse } from './src/args.js'",
          "test('both', () => assert.deepEqual(parse(['--a=1', '--b', '2', 'c', '--d=']), { a: '1', b: '2', d: '' }))",
        ),
      },
      command: 'node --test hidden.test.mjs',
    },
    ending: { state: 'merged' },
    faults: [{ at: 3, kind: 'kill-hub' }],
  },
  {
    name: 'js-dedupe',
    language: 'javascript',
    kind: 'refactor',
    goal: 'Move the rounding that three functions repeat into one helper, without a change of behaviour.',
    files: {
      'package.json': manifest('money'),
      'src/money.js':
        'export const net = (gross) => Math.round((gross / 1.19) * 100) / 100\nexport const tax = (gross) => Math.round((gross - gross / 1.19) * 100) / 100\nexport const share = (gross, n) => Math.round((gross / n) * 100) / 100\n',
      'test/money.test.js': test(
        "import { net, share, tax } from '../src/money.js'",
        "test('sums', () => assert.equal(net(119) + tax(119), 119))\ntest('share', () => assert.equal(share(10, 3), 3.33))",
      ),
    },
    check,
    reads: ['src/money.js'],
    attempts: [
      [
        write(
          'src/money.js',
          'const cents = (amount) => Math.round(amount * 100) / 100\nexport const net = (gross) => cents(gross / 1.19)\nexport const tax = (gross) => cents(gross - gross / 1.19)\nexport const share = (gross, n) => cents(gross / n)\n',
        ),
      ],
    ],
    hidden: {
      files: {
        'hidden.test.mjs': test(
          "import { readFileSync } from 'node:fs'\nimport { net, share, tax } from './src/money.js'",
          "test('once', () => assert.equal(readFileSync('src/money.js', 'utf8').split('Math.round').length, 2))\ntest('same', () => assert.deepEqual([net(10), tax(10), share(100, 7)], [8.4, 1.6, 14.29]))",
        ),
      },
      command: 'node --test hidden.test.mjs',
    },
    ending: { state: 'merged' },
    review: {
      body: 'Please say in a comment why amounts are rounded.',
      attempts: [
        [
          replace(
            'src/money.js',
            'const cents',
            '// Amounts are shown with two digits.\nconst cents',
          ),
        ],
      ],
    },
  },
  {
    name: 'js-flaky',
    language: 'javascript',
    kind: 'flaky',
    goal: 'The test of the cache fails now and then. Find out why and make it reliable.',
    files: {
      'package.json': manifest('cache'),
      'src/cache.js':
        'export function makeCache(lifeMs) {\n  const entries = new Map()\n  return {\n    set: (key, value) => void entries.set(key, { value, until: Date.now() + lifeMs }),\n    get: (key) => (entries.get(key)?.until > Date.now() ? entries.get(key).value : undefined),\n  }\n}\n',
      'test/cache.test.js': test(
        "import { makeCache } from '../src/cache.js'",
        "test('expires', async () => {\n  const cache = makeCache(Math.random() < 0.5 ? 1 : 40)\n  cache.set('a', 1)\n  await new Promise((resolve) => setTimeout(resolve, 3))\n  assert.equal(cache.get('a'), undefined)\n})",
      ),
    },
    check: `${check} && ${check} && ${check} && ${check} && ${check} && ${check}`,
    reads: ['src/cache.js', 'test/cache.test.js'],
    attempts: [
      [
        replace('src/cache.js', 'makeCache(lifeMs)', 'makeCache(lifeMs, now = Date.now)'),
        replace('src/cache.js', 'until: Date.now() + lifeMs', 'until: now() + lifeMs'),
        replace('src/cache.js', 'until > Date.now()', 'until > now()'),
        write(
          'test/cache.test.js',
          test(
            "import { makeCache } from '../src/cache.js'",
            "test('expires', () => {\n  let at = 0\n  const cache = makeCache(40, () => at)\n  cache.set('a', 1)\n  assert.equal(cache.get('a'), 1)\n  at = 40\n  assert.equal(cache.get('a'), undefined)\n})",
          ),
        ),
      ],
    ],
    hidden: {
      files: {
        'hidden.test.mjs': test(
          "import { makeCache } from './src/cache.js'",
          "test('clock', () => {\n  let at = 5\n  const cache = makeCache(10, () => at)\n  cache.set('k', 'v')\n  at = 14\n  assert.equal(cache.get('k'), 'v')\n  at = 15\n  assert.equal(cache.get('k'), undefined)\n})",
        ),
      },
      command: 'npm run test && node --test hidden.test.mjs',
      repeats: 8,
    },
    ending: { state: 'merged' },
  },
  {
    name: 'js-impossible',
    language: 'javascript',
    kind: 'impossible',
    goal: 'Make every test of the sum pass without a change of the tests.',
    files: {
      'package.json': manifest('sum'),
      'src/sum.js': 'export const sum = (a, b) => a + b\n',
      'test/sum.test.js': test(
        "import { sum } from '../src/sum.js'",
        "test('four', () => assert.equal(sum(2, 2), 4))\ntest('five', () => assert.equal(sum(2, 2), 5))",
      ),
    },
    check,
    reads: ['src/sum.js', 'test/sum.test.js'],
    attempts: [
      [replace('src/sum.js', 'a + b', 'a + b + 1')],
      [replace('src/sum.js', 'a + b', 'a * b')],
    ],
    hidden: { files: {}, command: 'false' },
    ending: { state: 'failed', code: 'exhausted' },
  },
]
