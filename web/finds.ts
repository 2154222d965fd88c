import type { Change } from '../schemas/change.ts'
import type { Task } from '../schemas/task.ts'
import { readAppearance, setAppearance } from './appearance.ts'
import type { Appearance } from './appearance.ts'
import { pageWords, themeWords } from './find-words.ts'
import { words } from './format.ts'
import type { ListedTool } from './mcp.ts'
import { callTool } from './mcp.ts'
import { newTask } from './new-task.ts'
import type { Page } from './pages.ts'
import { recents } from './recent.ts'
import { href } from './route.ts'

/** Something that the palette leads to: an address, a tool with its form, or an action. */
export type Find = {
  kind: string
  title: string
  more?: string
  hash?: string
  tool?: ListedTool
  run?(): void
}

const shownObjects = 6
const shownTools = 8

/** What is on the page itself: recent things, pages, actions and tools. No hub is asked. */
export function nearFinds(text: string, pages: Page[], tools: ListedTool[]): Find[] {
  const find = (title: string) => matches(title, text)
  const opened = recents().map((one): Find => ({ kind: 'Recent', ...one }))
  const actions: Find[] = [
    { kind: 'Action', title: 'New task', run: () => newTask(text === '' ? '' : text) },
  ]
  return [
    ...(text === '' ? opened : opened.filter(({ title }) => find(title))),
    ...pageFinds(text, pages),
    ...actions.filter(({ title }) => find(title)),
    ...(text === '' ? [] : themes.filter(({ title }) => find(`${title} ${themeWords.join(' ')}`))),
    ...(text === ''
      ? []
      : tools
          .filter(({ name, title }) => find(`${name} ${title} ${words(name)}`))
          .slice(0, shownTools)
          .map((tool): Find => ({
            kind: 'Tool',
            title: tool.title ?? tool.name,
            more: tool.name,
            tool,
          }))),
  ]
}

/** Pages by their title, and after them those by what else is said for what is on them. */
function pageFinds(text: string, pages: Page[]): Find[] {
  const finds = pages.map(({ title, name }): Find => ({ kind: 'Page', title, hash: href(name) }))
  const byTitle = finds.filter(({ title }) => matches(title, text))
  const byWord = pages.flatMap(({ name }, at): Find[] => {
    const find = finds[at]
    const fitting = (pageWords[name] ?? []).filter((word) => matches(word, text))
    return find && fitting.length > 0 ? [{ ...find, more: fitting.join(', ') }] : []
  })
  return [...byTitle, ...byWord.filter(({ hash }) => !byTitle.some((one) => one.hash === hash))]
}

const theme = (title: string, theme: Appearance['theme']): Find => ({
  kind: 'Action',
  title,
  run: () => setAppearance({ ...readAppearance(), theme }),
})
const themes = [
  theme('Dark theme', 'dark'),
  theme('Light theme', 'light'),
  theme('Theme as the system', 'system'),
]

/** Objects of the hub by name. What the caller may not search is left out. */
export async function farFinds(text: string, tools: ListedTool[]): Promise<Find[]> {
  const may = (name: string) => tools.some((tool) => tool.name === name)
  const searches = [
    may('task_list') && tasks(text),
    may('change_list') && changes(text),
    may('note_search') && notes(text),
  ]
  const found = await Promise.allSettled(searches.map(async (one) => (await one) || []))
  return found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
}

async function tasks(text: string): Promise<Find[]> {
  const { items } = await callTool<{ items: Task[] }>('task_list', { text, limit: shownObjects })
  return items.map(({ id, title, state }) => ({
    kind: 'Task',
    title,
    more: words(state),
    hash: href('tasks', id),
  }))
}

async function changes(text: string): Promise<Find[]> {
  const { items } = await callTool<{ items: Change[] }>('change_list', { limit: 100 })
  return items
    .filter(({ title, id }) => matches(title, text) || id === text)
    .slice(0, shownObjects)
    .map(({ id, title, state }) => ({
      kind: 'Change',
      title,
      more: state,
      hash: href('changes', id),
    }))
}

async function notes(text: string): Promise<Find[]> {
  const args = { query: text, mode: 'name', limit: shownObjects }
  const { items } = await callTool<{ items: { path: string }[] }>('note_search', args)
  return items.map(({ path }) => ({ kind: 'Note', title: path, hash: href('notes', path) }))
}

/** Whether all words of a text are in a title, in any order. */
function matches(title: string, text: string): boolean {
  const low = title.toLowerCase()
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => low.includes(word))
}
