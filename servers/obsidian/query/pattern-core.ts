/**
 * What every match of a regular expression holds: runs of a fixed length of plain ASCII letters,
 * digits and sets of them. The language's own engine finds such runs in time proportional to the
 * text, since nothing in them repeats, and tens of times as fast as RE2 written in JavaScript.
 */
export type PatternCore = {
  runs: RegExp[]
  /** The run that every match begins with. */
  lead: RegExp | undefined
  /** Whether the lead is all of the expression: then it finds what RE2 finds. */
  isWhole: boolean
}

type Atom = { source: string; isExact: boolean }

const maxCopies = 16
/** Quotations, classes by name, code points, back-references, flags inside: not looked through. */
const opaque = /\\[A-Zpxu0-9]|\(\?[^:P<]|\[\^?\]|\[\[?:/
const repeatForm = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/
const setForm = /^\[(?:[A-Za-z0-9]-[A-Za-z0-9]|\\[dw]|[A-Za-z0-9 _.,:;!%=@/*+?#<>(){}|$"'])+\]$/

type Alternative = { runs: string[]; isLed: boolean; isWhole: boolean }

/** The core of an expression that RE2 accepts, or undefined where its parts are not plain to see. */
export function coreOf(source: string, flags: string): PatternCore | undefined {
  if (opaque.test(source)) return undefined
  const isFolding = flags.includes('i')
  const alternatives = alternativesOf(source, isFolding)
  if (!alternatives?.every(({ runs }) => runs.length > 0)) return undefined
  const [only, ...others] = alternatives
  const texts =
    only && others.length === 0
      ? only.runs
      : [alternatives.map(({ runs }) => runs[0] ?? '').join('|')] // Each has one.
  const runs = texts.map((text) => new RegExp(text, isFolding ? 'giu' : 'gu'))
  const isLed = alternatives.every((alternative) => alternative.isLed)
  const isWhole = alternatives.every((alternative) => alternative.isWhole)
  return { runs, lead: isLed ? runs[0] : undefined, isWhole }
}

function alternativesOf(source: string, isFolding: boolean): Alternative[] | undefined {
  const alternatives: Alternative[] = []
  let current: Alternative = { runs: [], isLed: false, isWhole: true }
  let run = ''
  let isFirst = true // No text of a match stands before the run.
  const endRun = () => {
    if (run === '') return
    if (isFirst) current.isLed = true
    isFirst = false
    current.runs.push(run)
    run = ''
  }
  for (let at = 0; at < source.length;) {
    const token = tokenAt(source, at)
    if (token === undefined) return undefined
    at += token.length
    if (token === '|') {
      endRun()
      alternatives.push(current)
      current = { runs: [], isLed: false, isWhole: true }
      isFirst = true
      continue
    }
    const repeat = repeatForm.exec(source.slice(at))
    at += repeat?.[0].length ?? 0
    const { least, isFixed } = countOf(repeat)
    const atom = atomOf(token, isFolding)
    if (atom && least > 0) run += atom.source.repeat(least)
    current.isWhole &&= atom?.isExact === true && isFixed
    if (atom && isFixed) continue
    endRun()
    if (!isAnchor(token) && !(atom && least > 0)) isFirst = false
  }
  endRun()
  return [...alternatives, current]
}

/** One character, escape, set or group; undefined where its end is not found. */
function tokenAt(source: string, at: number): string | undefined {
  const plain = /^(?:\\.|\[(?:\\.|[^\]\\])*\]|[^[(\\])/su.exec(source.slice(at))?.[0]
  if (plain !== undefined || source[at] !== '(') return plain
  let depth = 0
  for (let end = at; end < source.length;) {
    const inner = source[end] === '(' ? '(' : tokenAt(source, end)
    if (inner === undefined) return undefined
    end += inner.length
    if (inner === '(') depth++
    if (inner === ')' && --depth === 0) return source.slice(at, end)
  }
  return undefined
}

/** How often at least, and whether no more; large counts are cut short, which holds less and no more. */
function countOf(repeat: RegExpExecArray | null): { least: number; isFixed: boolean } {
  if (!repeat) return { least: 1, isFixed: true }
  const [, sign, from, comma] = repeat
  const least = sign === undefined ? Number(from) : sign === '+' ? 1 : 0
  const isFixed = sign === undefined && comma === '' && least > 0 && least <= maxCopies
  return { least: Math.min(least, maxCopies), isFixed }
}

function atomOf(token: string, isFolding: boolean): Atom | undefined {
  if (/^[A-Za-z0-9 !"#%&',\-/:;<=>@_`~]$/.test(token))
    return { source: token === '/' ? '\\/' : token, isExact: true }
  if (/^\\[.*+?()[\]{}|^$\\/]$/.test(token)) return { source: token, isExact: true }
  if (token === '\\d') return { source: '[0-9]', isExact: true }
  const isSet = token === '\\w' || setForm.test(token)
  // Whether a named set folds letters is up to the engine: here it may only hold more.
  return isSet ? { source: token, isExact: !(isFolding && token.includes('\\w')) } : undefined
}

const isAnchor = (token: string): boolean => /^(?:[$^]|\\b)$/.test(token)
