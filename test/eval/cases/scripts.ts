import type { Case } from '../case.ts'
import { replace, write } from '../case.ts'

export const scripts: Case[] = [
  {
    name: 'js-mean',
    language: 'javascript',
    kind: 'bug',
    goal: 'The mean of an empty cart must be zero instead of NaN.',
    files: {
      'package.json':
        '{ "name": "cart", "type": "module", "scripts": { "test": "node --test" } }\n',
      'src/cart.js':
        'export const mean = (items) =>\n  items.reduce((sum, { price, count }) => sum + price * count, 0) / items.length\n',
      'test/cart.test.js':
        "import assert from 'node:assert'\nimport { test } from 'node:test'\nimport { mean } from '../src/cart.js'\ntest('empty', () => assert.equal(mean([]), 0))\ntest('two', () => assert.equal(mean([{ price: 1, count: 2 }, { price: 4, count: 1 }]), 3))\n",
    },
    check: 'npm run test',
    reads: ['src/cart.js'],
    attempts: [
      [replace('src/cart.js', '/ items.length', '/ (items.length + 1)')],
      [replace('src/cart.js', '/ items.length', '/ Math.max(1, items.length)')],
    ],
    hidden: {
      files: {
        'hidden.js':
          "import { mean } from './src/cart.js'\nif (mean([{ price: 9, count: 1 }]) !== 9 || mean([]) !== 0) process.exit(1)\n",
      },
      command: 'node hidden.js',
    },
    ending: { state: 'merged' },
    faults: [
      { at: 2, kind: 'unavailable' },
      { at: 4, kind: 'cut' },
    ],
  },
  {
    name: 'sh-quote',
    language: 'shell',
    kind: 'bug',
    goal: 'Count files whose names contain spaces once each.',
    files: {
      'count.sh': '#!/bin/sh\nfor name in $(ls "$1"); do echo "$name"; done | wc -l | tr -d " "\n',
      'test.sh':
        'set -e\ndir=$(mktemp -d)\ntouch "$dir/a b" "$dir/c"\n[ "$(sh count.sh "$dir")" = 2 ]\n',
      Makefile: 'test:\n\tsh test.sh\n',
    },
    check: 'make test',
    reads: ['count.sh'],
    attempts: [
      [
        replace(
          'count.sh',
          'for name in $(ls "$1"); do echo "$name"; done | wc -l | tr -d " "',
          'set -- "$1"/*\n[ -e "$1" ] && echo $# || echo 0',
        ),
      ],
    ],
    hidden: {
      files: {
        'hidden.sh':
          'set -e\nd=$(mktemp -d)\n[ "$(sh count.sh "$d")" = 0 ]\ntouch "$d/x y z" "$d/*" "$d/q"\n[ "$(sh count.sh "$d")" = 3 ]\n',
      },
      command: 'sh hidden.sh',
    },
    ending: { state: 'merged' },
  },
  {
    name: 'sh-help',
    language: 'shell',
    kind: 'feature',
    goal: 'Add an option -h that prints the usage and ends with 0.',
    files: {
      'greet.sh': '#!/bin/sh\necho "hello ${1:?a name is needed}"\n',
      'test.sh': 'set -e\n[ "$(sh greet.sh you)" = "hello you" ]\n! sh greet.sh 2>/dev/null\n',
      Makefile: 'test:\n\tsh test.sh\n',
    },
    check: 'make test',
    reads: ['greet.sh'],
    attempts: [
      [
        replace(
          'greet.sh',
          'echo "hello',
          '[ "${1-}" != -h ] || { echo "usage: greet.sh NAME"; exit 0; }\necho "hello',
        ),
      ],
    ],
    hidden: {
      files: {},
      command: 'sh greet.sh -h | grep -q "^usage: " && [ "$(sh greet.sh -- )" = "hello --" ]',
    },
    ending: { state: 'merged' },
    faults: [{ at: 3, kind: 'kill-agent' }],
  },
  {
    name: 'c-parse',
    language: 'c',
    kind: 'bug',
    goal: 'Parse negative numbers.',
    files: {
      'parse.h': 'int parse(const char *text);\n',
      'parse.c':
        "#include \"parse.h\"\nint parse(const char *text) {\n  int value = 0;\n  while (*text >= '0' && *text <= '9') value = value * 10 + (*text++ - '0');\n  return value;\n}\n",
      'test.c':
        '#include "parse.h"\nint main(void) { return parse("42") == 42 && parse("-7") == -7 ? 0 : 1; }\n',
      Makefile:
        'test:\n\tcc -o test-parse test.c parse.c && ./test-parse; s=$$?; rm -f test-parse; exit $$s\n',
    },
    check: 'make test',
    reads: ['parse.c', 'test.c'],
    attempts: [
      [replace('parse.c', 'return value;', 'return -value;')],
      [
        replace(
          'parse.c',
          'int value = 0;',
          "int value = 0, sign = 1;\n  if (*text == '-') sign = -1, text++;",
        ),
        replace('parse.c', 'return value;', 'return sign * value;'),
      ],
    ],
    hidden: {
      files: {
        'hidden.c':
          '#include "parse.h"\nint main(void) { return parse("-120") == -120 && parse("0") == 0 && parse("5x") == 5 ? 0 : 1; }\n',
      },
      command:
        'cc -o /tmp/hidden-parse-$$ hidden.c parse.c && /tmp/hidden-parse-$$; s=$?; rm -f /tmp/hidden-parse-$$; exit $s',
    },
    ending: { state: 'merged' },
  },
  {
    name: 'c-clamp',
    language: 'c',
    kind: 'refactor',
    goal: 'Put the limits of the clamp into named constants of a header.',
    files: {
      'clamp.c': 'int clamp(int n) { return n < 0 ? 0 : n > 255 ? 255 : n; }\n',
      'test.c':
        'int clamp(int n);\nint main(void) { return clamp(-1) == 0 && clamp(300) == 255 ? 0 : 1; }\n',
      Makefile:
        'test:\n\tcc -o test-clamp test.c clamp.c && ./test-clamp; s=$$?; rm -f test-clamp; exit $$s\n',
    },
    check: 'make test',
    reads: ['clamp.c'],
    attempts: [
      [
        write('clamp.h', '#define LEAST 0\n#define MOST 255\nint clamp(int n);\n'),
        write(
          'clamp.c',
          '#include "clamp.h"\nint clamp(int n) { return n < LEAST ? LEAST : n > MOST ? MOST : n; }\n',
        ),
      ],
    ],
    hidden: {
      files: {},
      command: 'make test && grep -q MOST clamp.h && ! grep -q 255 clamp.c',
    },
    ending: { state: 'merged' },
  },
]
