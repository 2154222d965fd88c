import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Document, Question } from './questions.ts'

// Questions from what is installed on the machine, so that there are enough to tell rankings apart. Each
// asks for one thing in the words of whoever wrote it, and those words are left out of the index: the first
// sentence of a function's documentation asks for the function (as CodeSearchNet does), the one-line
// description of a manual page for the page.
const most = 1500

type Item = { path: string; ask: string; text: string }

const kinds: Record<string, () => Item[]> = { go: goFunctions, python: pythonFunctions, man: pages }

/** Questions over the Go library (`go`), Python's (`python`) or the manual pages (`man`). */
export async function* installed(kind: string): AsyncIterable<Question> {
  const items = (kinds[kind]?.() ?? []).filter(({ ask }) => ask.split(/\s+/).length >= 4)
  const documents = items.map(({ path, text }): Document => ({ path, text }))
  const step = Math.max(1, items.length / most)
  for (let at = 0; at < items.length; at += step) {
    const item = items[Math.floor(at)]
    if (item) yield { documents, query: item.ask, relevant: new Map([[item.path, 1]]) }
  }
}

/** Comment lines right above a function, and the function to its closing brace. */
const goFunction = /((?:^\/\/ .*\n|^\/\/\n)+)(^func (?:\([^)]*\) )?(\w+)[^\n]*\{\n[\s\S]*?^\}\n)/gm

function goFunctions(): Item[] {
  const root = join(execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim(), 'src')
  return filesUnder(root, '.go')
    .filter((file) => !/_test\.go$|\/(cmd|vendor|testdata|internal)\//.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      return [...text.matchAll(goFunction)].map(
        ([, comment = '', body = '', name = ''], index) => ({
          path: `${file.slice(0, -3)}/${index}.go`,
          ask: sentence(comment.replace(/^\/\/ ?/gm, ''), name),
          text: body,
        }),
      )
    })
}

const pythonProgram = `
import ast, json, pathlib, sysconfig
root = pathlib.Path(sysconfig.get_paths()['stdlib'])
for path in sorted(root.rglob('*.py')):
    name = str(path.relative_to(root))
    if any(part in ('test', 'tests', 'idlelib', 'site-packages', 'dist-packages', 'lib2to3') for part in path.parts): continue
    try: text = path.read_text(); tree = ast.parse(text)
    except Exception: continue
    lines = text.split('\\n')
    for index, node in enumerate(n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))):
        doc = ast.get_docstring(node)
        if not doc or len(node.body) < 2: continue
        said = node.body[0]
        kept = lines[node.lineno - 1:said.lineno - 1] + lines[said.end_lineno:node.end_lineno]
        print(json.dumps({'path': name[:-3] + '/' + str(index) + '.py', 'ask': doc, 'text': '\\n'.join(kept), 'name': node.name}))
`

function pythonFunctions(): Item[] {
  const printed = execFileSync('python3', ['-c', pythonProgram], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  return printed
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Item & { name: string }) // As printed above.
    .map(({ path, ask, text, name }) => ({ path, ask: sentence(ask, name), text }))
}

/** Manual pages of commands, without their macros and without the section that sums them up. */
function pages(): Item[] {
  const root = '/usr/share/man/man1'
  // Hundreds of pages of one program differ in a word each.
  const files = filesUnder(root, '.gz').filter((file) => !/^(gcloud|gsutil|bq)/.test(file))
  return files.flatMap((file) => {
    const text = gunzipSync(readFileSync(join(root, file))).toString('utf8')
    const [, name, rest] = /^\.SH "?NAME"?\n([\s\S]*?)(^\.S[Hh][\s\S]*)/m.exec(text) ?? []
    if (name === undefined || rest === undefined) return [] // A link to another page.
    const ask = plain(name).split(/ -+ | – /)[1]
    return ask
      ? [{ path: file.replace(/\.gz$/, '.txt'), ask: sentence(ask, ''), text: plain(rest) }]
      : []
  })
}

const plain = (roff: string): string =>
  roff
    .replace(/^\.\\".*$/gm, '')
    .replace(/\\f(?:\[\w+\]|\(\w\w|\w)/g, '')
    .replace(/^\.S[Hh] (.*)$/gm, '\n$1\n')
    .replace(/^\.\w+ ?/gm, '')
    .replace(/\\(?:\(co|&|-|e)/g, (escape) => (escape === '\\-' ? '-' : ''))

/** The first sentence, without the name of what it documents. */
function sentence(text: string, name: string): string {
  const first =
    text
      .replace(/\s+/g, ' ')
      .trim()
      .split(/(?<=[.!?])\s|\n\n/)[0] ?? ''
  return name !== '' && first.startsWith(name) ? first.slice(name.length).trim() : first
}

const filesUnder = (root: string, extension: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .sort()
