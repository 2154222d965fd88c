import type { ContextHit, Packed } from '../../../schemas/context.ts'

/** A piece as a model reads it: cited and in full, in outline, or cited alone. */
export function formOf(hit: ContextHit, form: Packed['form']): string {
  const mark = hit.trust === 'external' ? ' [external]' : ''
  const where = `${hit.cite}${mark}${hit.heading === '' ? '' : ` — ${oneLine(hit.heading, 120)}`}`
  if (form === 'citation') return `- ${where}`
  if (form === 'outline') return `- ${where}: ${oneLine(firstWords(hit.text), 160)}`
  const fence = '`'.repeat(
    Math.max(3, ...[...hit.text.matchAll(/`+/g)].map(([run]) => run.length + 1)),
  )
  return `\n### ${where}\n${fence}\n${hit.text.trimEnd()}\n${fence}`
}

export const oneLine = (text: string, most: number): string => {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > most ? `${line.slice(0, most - 1)}…` : line
}

/** The first line that says something: not a heading, an import or a comment mark alone. */
const firstWords = (text: string): string =>
  text
    .split('\n')
    .find(
      (line) =>
        /[\p{L}\p{N}]{3}/u.test(line) &&
        !/^\s*(?:import|from|use|#include|package|using)\b/.test(line),
    ) ?? text.slice(0, 160)
