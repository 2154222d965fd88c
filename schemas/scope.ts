/** What a tool asks of its caller. One line each; a tool names the smallest one that serves. */
const scopes = [
  'task:read', // see tasks, logs, artifacts, approvals, events
  'task:write', // submit, cancel, retry, message
  'task:work', // claim and carry out a task (agents)
  'approval:decide', // answer a question put to people
  'repo:read', // see repositories, diffs and changes
  'repo:write', // branch, commit, push, open and discuss changes
  'repo:merge', // merge a change into the target branch
  'spec:read', // see features, their documents and tasks
  'spec:write', // create and change them
  'note:read', // see and query the notes of a vault
  'note:write', // change notes where the vault allows it
  'context:read', // search what was ingested and pack it
  'context:write', // say what is ingested, and forget it
  'cluster:read', // see clusters, nodes, pods and capacity
  'cluster:write', // run, stop and delete pods
  'model:use', // call a language model
  'chat:use', // talk with the assistant; each of its calls needs what any call needs
  'upstream:use', // call tools of third-party servers behind the hub
  'peer:join', // become a peer, with an invitation
  'audit:read', // read and verify the audit trail
  'admin', // credentials and settings
  'system', // transitions that only the hub's own controllers make
] as const

export type Scope = (typeof scopes)[number]

/** Roles are named sets of scopes. A principal may hold several; scopes add up. */
export const roles = {
  owner: scopes.filter((scope) => scope !== 'system' && scope !== 'peer:join'),
  developer: [
    'task:read',
    'task:write',
    'approval:decide',
    'repo:read',
    'repo:write',
    'repo:merge',
    'spec:read',
    'spec:write',
    'note:read',
    'note:write',
    'context:read',
    'context:write',
    'cluster:read',
    'model:use',
    'chat:use',
    'upstream:use',
  ],
  viewer: [
    'task:read',
    'repo:read',
    'spec:read',
    'note:read',
    'context:read',
    'cluster:read',
    'chat:use',
  ],
  worker: [
    'task:read',
    'task:work',
    'repo:read',
    'repo:write',
    'spec:read',
    'note:read',
    'context:read',
    'model:use',
  ],
  agent: [
    'task:read',
    'task:work',
    'repo:read',
    'repo:write',
    'spec:read',
    'note:read',
    'context:read',
    'model:use',
  ],
  // A program that an agent starts: it looks and calls models, and the agent does the rest.
  assistant: ['task:read', 'repo:read', 'spec:read', 'note:read', 'context:read', 'model:use'],
  guest: ['peer:join'],
  controller: [...scopes],
} as const satisfies Record<string, readonly Scope[]>

export type Role = keyof typeof roles
export const roleNames = Object.keys(roles) as [Role, ...Role[]] // The object above is not empty.
