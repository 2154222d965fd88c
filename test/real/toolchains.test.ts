import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import type { Task } from '../../schemas/task.ts'
import { startHub, until } from '../helpers/hub.ts'
import { makeRepo } from '../helpers/repo.ts'

const has = (program: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))

// One passing and one failing test in each language, with the real toolchain.
const projects: [string, string, Record<string, string>, { passed: number; failed: number }][] = [
  [
    'go',
    'go',
    {
      'go.mod': 'module example.org/sum\n\ngo 1.21\n',
      'sum.go': 'package sum\n\nfunc Sum(a, b int) int { return a - b }\n',
      'sum_test.go':
        'package sum\n\nimport "testing"\n\nfunc TestSum(t *testing.T) {\n\tif Sum(2, 3) != 5 {\n\t\tt.Fatal("wrong")\n\t}\n}\n',
    },
    { passed: 0, failed: 1 },
  ],
  [
    'cargo',
    'cargo',
    {
      'Cargo.toml': '[package]\nname = "sum"\nversion = "0.1.0"\nedition = "2021"\n',
      'src/lib.rs':
        'pub fn sum(a: i32, b: i32) -> i32 { a - b }\n#[test]\nfn zero() { assert_eq!(sum(0, 0), 0) }\n#[test]\nfn adds() { assert_eq!(sum(2, 3), 5) }\n',
    },
    { passed: 1, failed: 1 },
  ],
  [
    'unittest',
    'python3',
    {
      'test_sum.py':
        'import unittest\n\nclass T(unittest.TestCase):\n    def test_ok(self):\n        self.assertEqual(1, 1)\n\n    def test_bad(self):\n        self.assertEqual(1, 2)\n',
    },
    { passed: 2, failed: 1 },
  ],
  [
    'make',
    'make',
    { Makefile: 'test:\n\t@echo "ok 1 - a"; echo "not ok 2 - b"; false\n' },
    { passed: 1, failed: 1 },
  ],
]

test.for(projects)(
  'ci on a %s project reports what failed',
  async ([, program, files, counts], context) => {
    if (!has(program)) context.skip(`${program} is not on the PATH`)
    const hub = await startHub({ dispatch: 'local', isolation: 'auto' })
    const repo = await makeRepo(files)
    const { id } = await hub.call<Task>('task_submit', { template: 'ci', repo })
    const read = async () => (await hub.call<{ task: Task }>('task_read', { task: id })).task
    await until(async () => (await read()).state === 'failed', 300_000)
    const check = (await read()).result?.checks?.at(-1)
    expect(check).toMatchObject({ state: 'failed', counts })
    expect(check?.failures.length).toBeGreaterThan(0)
  },
)
