import { git, nodeId, seconds } from './home.ts'

// Patches nearly as Radicle stores them: an operation is a commit, and each node has a ref to the last
// operation that it knows. Its actions are in the message here and in a tree there, which nobody reads.

export type Action = { type: string } & Record<string, unknown>
export type Operation = {
  id: string
  author: string
  actions: Action[]
  parents: string[]
  related: string[]
  timestamp: number
}
const patchType = 'xyz.radicle.patch'

/** Adds an operation to a patch, or makes one, and returns its id. */
export function operate(storage: string, patch: string | undefined, actions: Action[]): string {
  const parents = patch === undefined ? [] : tipsOf(storage, patch)
  const related = actions.flatMap(({ base, oid, commit }) =>
    [base, oid, commit].filter((one): one is string => typeof one === 'string'),
  )
  const header = [
    'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904',
    ...parents.map((parent) => `parent ${parent}`),
    `author ${nodeId()} <radicle> ${seconds()} +0000`,
    `committer radicle <radicle> ${seconds()} +0000`,
  ]
  const commit = `${header.join('\n')}\n\n${JSON.stringify({ actions, related })}\n`
  const id = git(['--git-dir', storage, 'hash-object', '-t', 'commit', '-w', '--stdin'], commit)
  const ref = `refs/namespaces/${nodeId()}/refs/cobs/${patchType}/${patch ?? id}`
  git(['--git-dir', storage, 'update-ref', ref, id])
  return id
}

/** The operations of a patch, the newest first. */
export function operationsOf(storage: string, patch: string): Operation[] {
  const tips = tipsOf(storage, patch)
  if (tips.length === 0) return []
  const format = '--format=%x00%H%x01%an%x01%ct%x01%P%x01%B'
  const log = git(['--git-dir', storage, 'log', '--topo-order', format, ...tips])
  return log
    .split('\0')
    .filter(Boolean)
    .map((entry) => {
      const [id = '', author = '', at = '0', parents = '', message = ''] = entry.split('\x01')
      const said = JSON.parse(message) as Pick<Operation, 'actions' | 'related'> // By operate.
      return {
        id,
        author,
        ...said,
        parents: parents.split(' ').filter(Boolean),
        timestamp: Number(at) * 1000,
      }
    })
}

export function patchIds(storage: string): string[] {
  const pattern = `refs/namespaces/*/refs/cobs/${patchType}/*`
  const refs = git(['--git-dir', storage, 'for-each-ref', '--format=%(refname:lstrip=-1)', pattern])
  return [...new Set(refs.split('\n').filter(Boolean))]
}

export type State = {
  title: string
  author: string
  status: 'open' | 'draft' | 'archived' | 'merged'
  revisions: { id: string; author: string; oid: string; base: string; description: string }[]
}

export function stateOf(storage: string, patch: string): State {
  const state: State = { title: '', author: '', status: 'open', revisions: [] }
  for (const { id, author, actions } of operationsOf(storage, patch).reverse()) {
    for (const action of actions) {
      const word = (name: string) => String(action[name])
      if (action.type === 'revision') {
        state.author ||= author
        const [oid, base, description] = [word('oid'), word('base'), word('description')]
        state.revisions.push({ id, author, oid, base, description })
      }
      if (action.type === 'edit') state.title = word('title')
      if (action.type === 'merge') state.status = 'merged'
      if (action.type === 'lifecycle')
        state.status = (action.state as { status: State['status'] }).status // As it was written.
      if (action.type === 'revision.edit')
        for (const revision of state.revisions)
          if (revision.id === action.revision) revision.description = word('description')
    }
  }
  return state
}

function tipsOf(storage: string, patch: string): string[] {
  const pattern = `refs/namespaces/*/refs/cobs/${patchType}/${patch}`
  const tips = git(['--git-dir', storage, 'for-each-ref', '--format=%(objectname)', pattern])
  return [...new Set(tips.split('\n').filter(Boolean))]
}
