import type { Case } from '../case.ts'
import { replace, write } from '../case.ts'

export const compiled: Case[] = [
  {
    name: 'py-median',
    language: 'python',
    kind: 'bug',
    goal: 'The median of an even count of numbers must be the mean of the two in the middle.',
    files: {
      'stats.py':
        'def median(numbers):\n    ordered = sorted(numbers)\n    return ordered[len(ordered) // 2]\n',
      'test_stats.py':
        'import unittest\nfrom stats import median\n\n\nclass Median(unittest.TestCase):\n    def test_even(self):\n        self.assertEqual(median([4, 1, 3, 2]), 2.5)\n\n    def test_odd(self):\n        self.assertEqual(median([3, 1, 2]), 2)\n',
    },
    check: 'python3 -m unittest discover',
    reads: ['stats.py', 'test_stats.py'],
    attempts: [
      [replace('stats.py', '// 2]', '// 2 - 1]')],
      [
        replace(
          'stats.py',
          '    return ordered[len(ordered) // 2]',
          '    middle = len(ordered) // 2\n    if len(ordered) % 2:\n        return ordered[middle]\n    return (ordered[middle - 1] + ordered[middle]) / 2',
        ),
      ],
    ],
    hidden: {
      files: {
        'hidden.py':
          'from stats import median\nassert median([5]) == 5\nassert median([10, 2]) == 6\n',
      },
      command: 'python3 hidden.py',
    },
    ending: { state: 'merged' },
    faults: [{ at: 4, kind: 'kill-hub' }],
  },
  {
    name: 'py-words',
    language: 'python',
    kind: 'feature',
    goal: 'Let the word count ignore case when it is asked to.',
    files: {
      'words.py':
        'from collections import Counter\n\n\ndef count(text):\n    return Counter(text.split())\n',
      'test_words.py':
        "import unittest\nfrom words import count\n\n\nclass Count(unittest.TestCase):\n    def test_plain(self):\n        self.assertEqual(count('a b a'), {'a': 2, 'b': 1})\n",
    },
    check: 'python3 -m unittest discover',
    reads: ['words.py'],
    attempts: [
      [
        replace('words.py', 'def count(text):', 'def count(text, ignore_case=False):'),
        replace(
          'words.py',
          'Counter(text.split())',
          'Counter((text.lower() if ignore_case else text).split())',
        ),
      ],
    ],
    hidden: {
      files: {
        'hidden.py':
          "from words import count\nassert count('A a', ignore_case=True) == {'a': 2}\nassert count('A a') == {'A': 1, 'a': 1}\n",
      },
      command: 'python3 hidden.py',
    },
    ending: { state: 'merged' },
    review: {
      body: 'Please add a test of the new option.',
      attempts: [
        [
          write(
            'test_case.py',
            "import unittest\nfrom words import count\n\n\nclass Case(unittest.TestCase):\n    def test_ignored(self):\n        self.assertEqual(count('A a', ignore_case=True), {'a': 2})\n",
          ),
        ],
      ],
    },
  },
  {
    name: 'go-range',
    language: 'go',
    kind: 'bug',
    goal: 'The range must include its last number.',
    files: {
      'go.mod': 'module example.org/span\n\ngo 1.20\n',
      'span.go':
        'package span\n\n// To lists the numbers from a to b.\nfunc To(a, b int) []int {\n\tout := []int{}\n\tfor n := a; n < b; n++ {\n\t\tout = append(out, n)\n\t}\n\treturn out\n}\n',
      'span_test.go':
        'package span\n\nimport "testing"\n\nfunc TestTo(t *testing.T) {\n\tif got := To(1, 3); len(got) != 3 {\n\t\tt.Fatal(got)\n\t}\n}\n',
    },
    check: 'go vet ./... && go test ./...',
    reads: ['span.go'],
    attempts: [[replace('span.go', 'n < b', 'n != b')], [replace('span.go', 'n < b', 'n <= b')]],
    hidden: {
      files: {
        'hidden_test.go':
          'package span\n\nimport "testing"\n\nfunc TestHidden(t *testing.T) {\n\tif len(To(5, 4)) != 0 || len(To(2, 2)) != 1 {\n\t\tt.Fatal("edges")\n\t}\n}\n',
      },
      command: 'go test ./...',
    },
    ending: { state: 'merged' },
  },
  {
    name: 'go-race',
    language: 'go',
    kind: 'flaky',
    goal: 'The counter loses counts when several goroutines use it. Make it safe.',
    files: {
      'go.mod': 'module example.org/counter\n\ngo 1.20\n',
      'counter.go':
        'package counter\n\nimport "runtime"\n\n// Counter counts.\ntype Counter struct{ n int }\n\n// Add counts one.\nfunc (c *Counter) Add() {\n\tn := c.n\n\truntime.Gosched()\n\tc.n = n + 1\n}\n\n// Value is the count.\nfunc (c *Counter) Value() int { return c.n }\n',
      'counter_test.go':
        'package counter\n\nimport (\n\t"sync"\n\t"testing"\n)\n\nfunc TestAdd(t *testing.T) {\n\tvar c Counter\n\tvar wait sync.WaitGroup\n\tfor i := 0; i < 500; i++ {\n\t\twait.Add(1)\n\t\tgo func() { defer wait.Done(); c.Add() }()\n\t}\n\twait.Wait()\n\tif c.Value() != 500 {\n\t\tt.Fatal(c.Value())\n\t}\n}\n',
    },
    check: 'go vet ./... && go test ./...',
    reads: ['counter.go'],
    attempts: [
      [
        replace('counter.go', 'import "runtime"', 'import "sync/atomic"'),
        replace('counter.go', 'struct{ n int }', 'struct{ n atomic.Int64 }'),
        replace('counter.go', '\tn := c.n\n\truntime.Gosched()\n\tc.n = n + 1\n', '\tc.n.Add(1)\n'),
        replace('counter.go', 'return c.n }', 'return int(c.n.Load()) }'),
      ],
    ],
    hidden: { files: {}, command: 'go test -count=5 ./...', repeats: 2 },
    ending: { state: 'merged' },
  },
  {
    name: 'rust-leap',
    language: 'rust',
    kind: 'bug',
    goal: 'Centuries are leap years only every four hundred years.',
    files: {
      'Cargo.toml': '[package]\nname = "leap"\nversion = "0.1.0"\nedition = "2021"\n',
      '.gitignore': 'target\n',
      'src/lib.rs':
        'pub fn leap(year: u32) -> bool {\n    year % 4 == 0\n}\n\n#[test]\nfn centuries() {\n    assert!(!leap(1900) && leap(2000) && leap(2024));\n}\n',
    },
    check: 'cargo test --quiet',
    reads: ['src/lib.rs'],
    attempts: [
      [replace('src/lib.rs', 'year % 4 == 0', 'year % 4 == 0 && year % 100 != 0')],
      [
        replace(
          'src/lib.rs',
          'year % 4 == 0',
          'year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)',
        ),
      ],
    ],
    hidden: {
      files: {
        'tests/hidden.rs':
          '#[test]\nfn more() {\n    assert!(leap::leap(2400) && !leap::leap(2100) && !leap::leap(2023));\n}\n',
      },
      command: 'cargo test --quiet',
    },
    ending: { state: 'merged' },
  },
]
