import type { Move } from './policy.ts'

export type Call = { name: string; args: Record<string, unknown> }

/** The words in which one program offers its tools to a model. */
export type Dialect = {
  /** The call that makes a move; undefined where the program has no tool for it and text ends the turn. */
  say(move: Move): Call | undefined
  /** Whether a call of the transcript was one of the moves. */
  understands(name: string): boolean
}

/** The tools of the built-in loop. */
const builtIn: Dialect = {
  say(move) {
    switch (move.kind) {
      case 'run':
        return { name: 'bash', args: { command: move.command } }
      case 'read':
        return { name: 'read', args: { path: move.path } }
      case 'edit':
        return { name: 'edit', args: { path: move.path, old: move.old, new: move.new } }
      case 'write':
        return { name: 'write', args: { path: move.path, content: move.content } }
      case 'finish':
        return { name: 'finish', args: { summary: move.summary } }
      case 'say':
        return undefined
    }
  },
  understands: (name) => ['bash', 'read', 'edit', 'write', 'finish'].includes(name),
}

/** The tools of opencode, which names files by absolute path and ends a turn with text. */
const opencode = (folder: string): Dialect => ({
  say(move) {
    switch (move.kind) {
      case 'run':
        return { name: 'bash', args: { command: move.command, description: 'runs the checks' } }
      case 'read':
        return { name: 'read', args: { filePath: `${folder}/${move.path}` } }
      case 'edit':
        return {
          name: 'edit',
          args: { filePath: `${folder}/${move.path}`, oldString: move.old, newString: move.new },
        }
      case 'write':
        return {
          name: 'write',
          args: { filePath: `${folder}/${move.path}`, content: move.content },
        }
      case 'finish':
      case 'say':
        return undefined
    }
  },
  understands: (name) => ['bash', 'read', 'edit', 'write'].includes(name),
})

/** Which program is asking, told by the tools it offers. */
export function dialectOf(tools: string[], instructions: string): Dialect | undefined {
  if (tools.includes('finish')) return builtIn
  if (!tools.includes('edit')) return undefined
  const folder = /Working directory: (\S+)/.exec(instructions)?.[1]
  return opencode(folder ?? '.')
}
