import type { Feature, SpecTask } from '../../schemas/spec.ts'
import type { Page } from '../kit/page.ts'
import { tableText } from '../kit/table.ts'

// What a model reads of features and their tasks.

const shownTraced = 60

export function featureText(read: {
  feature: Feature
  outline: { document: string; headings: string[] }[]
  parts: { document: string; etag: string; text: string; truncated: boolean; totalChars: number }[]
}): string {
  const { name, title, tasks } = read.feature
  return [
    `${name}: ${title}; tasks: ${tasks.open} open, ${tasks.done} done, ${tasks.other} other`,
    ...read.outline.map(({ document, headings }) => `${document}: ${headings.join(' / ')}`),
    ...read.parts.map(({ document, etag, text, truncated, totalChars }) => {
      const cut = truncated
        ? `, cut from ${totalChars} characters: heading reads one section, max_chars more`
        : ''
      return `\n[${document}, etag ${etag}${cut}]\n${text}`
    }),
  ].join('\n')
}

export const specTasksText = (read: {
  etag: string
  items: SpecTask[]
  total: number
  duplicates: { id: string; lines: number[] }[]
  unparsed: { line: number; text: string }[]
}): string =>
  [
    `etag ${read.etag}, ${read.items.length} of ${read.total} tasks`,
    tableText(read, specTaskColumns),
    ...read.items.flatMap(({ id, details }) => (details ? [`${id}:\n${details}`] : [])),
    ...read.duplicates.map(({ id, lines }) => `${id} stands in the lines ${lines.join(', ')}`),
    ...(read.unparsed.length > 0
      ? [`no task could be read of the lines ${read.unparsed.map(({ line }) => line).join(', ')}`]
      : []),
  ].join('\n')

const specTaskColumns = {
  id: ({ id }: SpecTask) => id,
  line: ({ line }: SpecTask) => line,
  state: ({ state }: SpecTask) => state,
  phase: ({ phase }: SpecTask) => phase.split(':')[0],
  parallel: ({ parallel }: SpecTask) => (parallel ? 'P' : ''),
  after: ({ dependsOn }: SpecTask) => dependsOn.join(' '),
  story: ({ stories }: SpecTask) => stories.join(' '),
  text: ({ text }: SpecTask) => text,
}

/** What no task covers comes first, since that is what is asked for. */
export function traceText(read: {
  items: {
    ref: string
    kind: string
    line: number
    text: string
    tasks: { id: string; state: string }[]
  }[]
  unknown: { ref: string; task: string; line: number }[]
}): string {
  const [open, covered] = [
    read.items.filter(({ tasks }) => tasks.length === 0),
    read.items.filter(({ tasks }) => tasks.length > 0),
  ]
  return [
    `${covered.length} of ${read.items.length} have tasks${open.length > 0 ? `, ${open.length} have none` : ''}`,
    tableText(
      { items: [...open, ...covered] },
      {
        ref: ({ ref }) => ref,
        line: ({ line }) => line,
        tasks: ({ tasks }) => tasks.map(({ id, state }) => `${id} ${state}`).join(', '),
        text: ({ text }) => text.slice(0, 80),
      },
      shownTraced,
    ),
    ...read.unknown
      .slice(0, shownTraced)
      .map(({ ref, task, line }) => `${task} in line ${line} names ${ref}, which is not defined`),
  ].join('\n')
}

export const featuresText = (page: Page<Feature>): string =>
  tableText(page, {
    name: ({ name }) => name,
    title: ({ title }) => title,
    open: ({ tasks }) => tasks.open,
    done: ({ tasks }) => tasks.done,
    other: ({ tasks }) => tasks.other || '',
    documents: ({ documents }) => documents.join(' '),
  })
