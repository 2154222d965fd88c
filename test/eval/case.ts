/** One change of a file: a passage replaced, or the whole content written. */
export type Edit = { path: string; old: string; new: string } | { path: string; content: string }

/** What goes wrong at the n-th model call of a case, counted from 1. */
export type Fault = {
  at: number
  kind: 'bad-json' | 'unknown-tool' | 'unavailable' | 'cut' | 'kill-hub' | 'kill-agent'
}

/** How a case has to end: `merged` with hidden checks that pass, or `failed` with a code. */
type Ending = { state: 'merged' } | { state: 'failed'; code: string }

/**
 * A small repository with a goal. The scripted model knows `attempts`, not which of them is right: it
 * takes them in turn and keeps the first that the project's own checks accept. Whether the work is
 * right is decided by `hidden`, which neither the model nor the repository has seen.
 */
export type Case = {
  name: string
  language: 'javascript' | 'python' | 'go' | 'rust' | 'shell' | 'c'
  kind: 'bug' | 'feature' | 'refactor' | 'flaky' | 'conflict' | 'impossible'
  goal: string
  files: Record<string, string>
  /** The project's own checks, as a person would run them. */
  check: string
  reads: string[]
  attempts: Edit[][]
  hidden: { files: Record<string, string>; command: string; repeats?: number }
  ending: Ending
  faults?: Fault[]
  /** What a reviewer asks for after the first revision, and what settles it. */
  review?: { body: string; attempts: Edit[][] }
  /** What somebody commits to the target branch while the change is in review, and how a conflict is settled. */
  meanwhile?: { files: Record<string, string>; settled: Record<string, string> }
  /** What it may spend at first; it is raised when the task waits for more. */
  budget?: Record<string, number>
  /** Whether a person refuses what the agent needs an approval for. */
  isDenied?: boolean
}

/** Programs that the checks of a language need beside Node. */
export const toolchains: Record<Case['language'], string[]> = {
  javascript: [],
  python: ['python3'],
  go: ['go'],
  rust: ['cargo'],
  shell: ['make'],
  c: ['make', 'cc'],
}

export const replace = (path: string, old: string, next: string): Edit => ({ path, old, new: next })

export const write = (path: string, content: string): Edit => ({ path, content })
