import type { Case } from '../case.ts'
import { replace } from '../case.ts'

const counter = {
  'package.json': '{ "name": "counter", "scripts": { "test": "node --test" } }\n',
  'counter.js': 'exports.next = (n) => n + 2\n',
  'counter.test.js':
    "const assert = require('node:assert')\nconst { test } = require('node:test')\ntest('next', () => assert.equal(require('./counter.js').next(1), 2))\n",
}
const common = {
  language: 'javascript',
  files: counter,
  check: 'npm run test',
  reads: ['counter.js'],
  attempts: [[replace('counter.js', 'n + 2', 'n + 1')]],
  hidden: {
    files: {},
    command: `node -e "process.exit(require('./counter.js').next(41) === 42 ? 0 : 1)"`,
  },
} as const satisfies Partial<Case>

/** What people and limits do to a task in the middle of its work. */
export const hubFaults: Case[] = [
  {
    ...common,
    name: 'js-budget',
    kind: 'bug',
    goal: 'Count by one, within very few steps.',
    ending: { state: 'merged' },
    budget: { steps: 2 },
  },
  {
    ...common,
    name: 'js-denied',
    kind: 'bug',
    goal: 'Count by one, as far as people allow.',
    ending: { state: 'failed', code: 'denied' },
    isDenied: true,
  },
  {
    ...common,
    name: 'js-conflict',
    kind: 'conflict',
    goal: 'Count by one, while somebody else works on the same line.',
    ending: { state: 'merged' },
    meanwhile: {
      files: { 'counter.js': 'exports.next = (n, step = 2) => n + step\n' },
      settled: { 'counter.js': 'exports.next = (n, step = 1) => n + step\n' },
    },
    hidden: {
      files: {},
      command: `node -e "const { next } = require('./counter.js'); process.exit(next(41) === 42 && next(40, 2) === 42 ? 0 : 1)"`,
    },
  },
]
