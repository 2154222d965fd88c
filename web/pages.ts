import type { Inbox } from './inbox.ts'

/** A page of the dashboard: one noun. It is loaded when it is opened for the first time. */
export type Page = {
  /** The first part of its address, and of its element's name: `sy-page-NAME`. */
  name: string
  title: string
  group: 'work' | 'knowledge' | 'system'
  /** Whether it stands in the bar of a phone, which has room for three, and for the way to the rest. */
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
    name: 'plans',
    title: 'Plans',
    group: 'work',
    tool: 'plan_list',
    load: () => import('./views/plans.ts'),
  },
  {
    name: 'changes',
    title: 'Changes',
    group: 'work',
    tool: 'change_list',
    waiting: ({ changes }) => changes.length,
    load: () => import('./views/changes.ts'),
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
    tool: 'approval_list',
    waiting: ({ asked }) => asked,
    load: () => import('./views/approvals.ts'),
  },
  {
    name: 'notes',
    title: 'Notes',
    group: 'knowledge',
    tool: 'note_search',
    load: () => import('./views/notes.ts'),
  },
  {
    name: 'specs',
    title: 'Specs',
    group: 'knowledge',
    tool: 'spec_list',
    load: () => import('./views/specs.ts'),
  },
  {
    name: 'context',
    title: 'Context',
    group: 'knowledge',
    tool: 'context_search',
    load: () => import('./views/context.ts'),
  },
  {
    name: 'agents',
    title: 'Agents',
    group: 'system',
    tool: 'agent_list',
    load: () => import('./views/agents.ts'),
  },
  {
    name: 'clusters',
    title: 'Clusters',
    group: 'system',
    tool: 'cluster_list',
    load: () => import('./views/clusters.ts'),
  },
  {
    name: 'servers',
    title: 'Servers',
    group: 'system',
    tool: 'server_list',
    load: () => import('./views/servers.ts'),
  },
  {
    name: 'usage',
    title: 'Usage',
    group: 'system',
    tool: 'usage_read',
    load: () => import('./views/usage.ts'),
  },
  {
    name: 'triggers',
    title: 'Triggers',
    group: 'system',
    tool: 'trigger_list',
    load: () => import('./views/triggers.ts'),
  },
  {
    name: 'peers',
    title: 'Peers',
    group: 'system',
    tool: 'peer_list',
    load: () => import('./views/peers.ts'),
  },
  {
    name: 'audit',
    title: 'Audit',
    group: 'system',
    tool: 'audit_list',
    load: () => import('./views/audit.ts'),
  },
  {
    name: 'settings',
    title: 'Settings',
    group: 'system',
    tool: 'whoami',
    load: () => import('./views/settings.ts'),
  },
]
