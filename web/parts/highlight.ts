import type { Asked, Coloured, Token } from './highlight-worker.ts'

const languages: Record<string, string> = {
  bash: 'bash sh zsh',
  c: 'c h cc cpp hpp cs',
  css: 'css scss less',
  docker: 'dockerfile',
  go: 'go',
  html: 'html htm vue svelte',
  ini: 'ini conf env properties',
  java: 'java kt scala groovy',
  js: 'js mjs cjs jsx',
  json: 'json jsonc',
  lua: 'lua',
  make: 'makefile mk',
  md: 'md markdown',
  py: 'py pyi',
  rs: 'rs',
  sql: 'sql',
  toml: 'toml',
  ts: 'ts tsx mts cts',
  xml: 'xml svg',
  yaml: 'yaml yml',
}
const byEnding = new Map(
  Object.entries(languages).flatMap(([language, endings]) =>
    endings.split(' ').map((ending) => [ending, language] as const),
  ),
)

/** The language of a file by its name, where it has colours. */
export const languageOf = (path: string): string | undefined =>
  byEnding.get(path.split('/').at(-1)?.split('.').at(-1)?.toLowerCase() ?? '')

/** Longer lines are not written by hand, and patterns that look ahead take the square of their length. */
const longestLine = 400
const longestText = 400_000
const deadlineMs = 2000
/** After so many texts that took too long, this page does without colours. */
const mostFailures = 3

type Waiting = {
  resolve(lines: Token[][] | undefined): void
  timer: ReturnType<typeof setTimeout> | undefined
}

const waiting = new Map<number, Waiting>()
let worker: Worker | undefined
let nextId = 1
let failures = 0

/**
 * The tokens of a text, line by line; undefined where it gets no colours. The text is a stranger's and
 * the patterns backtrack: one line of 50,000 letters took 74 s. So they run in a worker, which is
 * ended when it takes too long, and the page never waits.
 */
export function tokens(language: string, text: string): Promise<Token[][] | undefined> {
  if (failures >= mostFailures || text.length > longestText) return Promise.resolve(undefined)
  const short = text
    .split('\n')
    .map((line) => (line.length > longestLine ? '' : line))
    .join('\n')
  const id = nextId++
  return new Promise((resolve) => {
    waiting.set(id, { resolve, timer: undefined })
    const asked: Asked = { id, language, text: short }
    ready().postMessage(asked)
    if (waiting.size === 1) startTimer(id)
  })
}

function ready(): Worker {
  if (worker) return worker
  worker = new Worker(new URL('./highlight-worker.ts', import.meta.url), { type: 'module' })
  worker.addEventListener('message', ({ data }: MessageEvent<Coloured>) => {
    settle(data.id, data.lines)
    const [next] = waiting.keys() // The worker answers in the order it was asked.
    if (next !== undefined) startTimer(next)
  })
  worker.addEventListener('error', giveUp)
  return worker
}

function startTimer(id: number): void {
  const entry = waiting.get(id)
  if (entry) entry.timer = setTimeout(giveUp, deadlineMs)
}

/** Ends the worker with all that waits for it; the next text gets a new one. */
function giveUp(): void {
  worker?.terminate()
  worker = undefined
  failures++
  for (const id of waiting.keys()) settle(id, undefined)
}

function settle(id: number, lines: Token[][] | undefined): void {
  const entry = waiting.get(id)
  waiting.delete(id)
  clearTimeout(entry?.timer)
  entry?.resolve(lines)
}
