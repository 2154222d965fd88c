import { scanMarkdown } from '../../../kit/markdown/scan.ts'
import type { Chunk } from './piece.ts'
import { maxChars, targetChars } from './piece.ts'
import { textChunks } from './text.ts'

const smallChars = 300

type Section = { headingPath: string; path: string[]; line0: number; line1: number; text: string }

/** Cuts Markdown at its headings; small sections under one heading are put together, large ones cut on. */
export function markdownChunks(text: string): Chunk[] {
  const sections = merge(sectionsOf(text))
  return sections.flatMap(({ headingPath, line0, line1, text: body }) =>
    body.length <= maxChars
      ? [{ headingPath, line0, line1, text: body }]
      : textChunks(body, headingPath, line0),
  )
}

function sectionsOf(text: string): Section[] {
  const { lines, headings } = scanMarkdown(text)
  const starts = [
    { line: 1, path: [] as string[] },
    ...headings.map(({ line, path }) => ({ line, path })),
  ]
  return starts.flatMap(({ line, path }, index): Section[] => {
    const end = (starts[index + 1]?.line ?? lines.length + 1) - 1
    const body = lines
      .slice(line - 1, end)
      .map((entry) => entry.text)
      .join('\n')
      .trimEnd()
    if (body.trim() === '') return []
    return [
      {
        headingPath: path.join(' > '),
        path,
        line0: line,
        line1: line + (body.match(/\n/g)?.length ?? 0),
        text: body,
      },
    ]
  })
}

/** A section of a few words says little alone: it joins the one before when they share a parent. */
function merge(sections: Section[]): Section[] {
  const merged: Section[] = []
  for (const section of sections) {
    const before = merged.at(-1)
    const isSmall = section.text.length < smallChars || (before?.text.length ?? 0) < smallChars
    const fits = before !== undefined && before.text.length + section.text.length < targetChars
    const isNear = before !== undefined && shareParent(before.path, section.path)
    if (!before || !isSmall || !fits || !isNear) {
      merged.push({ ...section })
      continue
    }
    before.text += `\n${'\n'.repeat(Math.max(0, section.line0 - before.line1 - 1))}${section.text}`
    before.line1 = section.line1
  }
  return merged
}

const shareParent = (a: string[], b: string[]): boolean => {
  const parent = b.slice(0, -1)
  return a.slice(0, parent.length).join('\n') === parent.join('\n') && a.length >= parent.length
}
