import { join } from 'node:path'

/** How a pod runs the built-in agent: this Node, from source. */
export const agentCommand = (): string[] => [
  process.execPath,
  join(import.meta.dirname, '..', '..', 'agent', 'main.ts'),
]
