import type { Mention, OpenPage } from '../../schemas/chat-part.ts'
import { pages } from '../pages.ts'
import { readRoute } from '../route.ts'

const kinds: Record<string, Mention['kind']> = {
  tasks: 'task',
  changes: 'change',
  notes: 'note',
  specs: 'spec',
}

/** The page that is open beside the chat, as it goes along with a message; undefined on the chat itself. */
export function openPage(hash: string): OpenPage | undefined {
  const { page, thing } = readRoute(hash)
  if (page === 'chat') return undefined
  const known = pages.find(({ name }) => name === page)
  const kind = kinds[page]
  const title = [known?.title ?? 'Now', thing].filter(Boolean).join(': ')
  return {
    url: (hash === '' ? '#/' : hash).slice(0, 2000),
    title: title.slice(0, 200),
    ...(kind && thing !== undefined ? { subject: { kind, id: thing } } : {}),
  }
}
