import type { Inbox } from './inbox.ts'

/** A page of the dashboard: one noun. It is loaded when it is opened for the first time. */
export type Page = {
  /** The first part of its address, and of its element's name: `sy-page-NAME`. */
  name: string
  title: string
  group: 'work' | 'knowledge' | 'system'
  /** Whether it stands in the bar of a phone, which has room for four. */
  isOnPhone?: boolean
  /** It is shown to who may call this tool. */
  tool: string
  /** How many things on it wait for a person. */
  waiting?(inbox: Inbox): number
  load(): Promise<unknown>
}

/** In the order of the rail. */
export const pages: Page[] = [
  {
    name: 'now',
    title: 'Now',
    group: 'work',
    isOnPhone: true,
    tool: 'task_list',
    waiting: ({ count }) => count,
    load: () => import('./views/now.ts'),
  },
  {
    name: 'tasks',
    title: 'Tasks',
    group: 'work',
    isOnPhone: true,
    tool: 'task_list',
    load: () => import('./views/tasks.ts'),
  },
  {
    name: 'chat',
    title: 'Chat',
    group: 'work',
    isOnPhone: true,
    tool: 'chat_list',
    load: () => import('./views/chat.ts'),
  },
  {
    name: 'approvals',
    title: 'Questions',
    group: 'work',
    isOnPhone: true,
    tool: 'approval_list',
    waiting: ({ asked }) => asked,
    load: () => import('./views/approvals.ts'),
  },
  {
    name: 'agents',
    title: 'Agents',
    group: 'system',
    isOnPhone: true,
    tool: 'agent_list',
    load: () => import('./views/agents.ts'),
  },
]
