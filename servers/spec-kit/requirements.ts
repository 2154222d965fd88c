import { scanMarkdown } from '../kit/markdown/scan.ts'
import type { TaskLine } from './task-lines.ts'

export type Requirement = { ref: string; kind: 'FR' | 'SC' | 'US'; line: number; text: string }

/** Requirements, success criteria and user stories that a spec defines, by their own lines. */
export function readRequirements(spec: string): Requirement[] {
  const found: Requirement[] = []
  for (const { kind, text, number } of scanMarkdown(spec).lines) {
    if (kind !== 'text') continue
    const item =
      /^\s*[-*+]\s+(?:\*\*|__)?((FR|SC)-\d+[A-Za-z]?)(?:\*\*|__)?:?(?:\*\*|__)?\s*(.*)$/.exec(text)
    if (item)
      found.push({
        ref: item[1] ?? '',
        kind: item[2] === 'SC' ? 'SC' : 'FR',
        line: number,
        text: item[3] ?? '',
      })
    const story = /^#{2,6}\s+User Story\s+(\d+)\s*[-–—:]?\s*(.*)$/i.exec(text)
    if (story) found.push({ ref: `US${story[1]}`, kind: 'US', line: number, text: story[2] ?? '' })
  }
  return found
}

/** Refs that a task names: labels such as [US1], and FR-001 or SC-002 in its words. */
export const refsOf = (task: TaskLine): string[] => [
  ...new Set([
    ...task.stories,
    ...(task.text.match(/\b(?:FR|SC)-\d+[A-Za-z]?\b/g) ?? []),
    ...(task.text.match(/\bUS\d+\b/g) ?? []),
  ]),
]
