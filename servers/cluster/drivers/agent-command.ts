import { join } from 'node:path'
import { bundleFolder, codeRoot, isBundled } from '../../kit/code-root.ts'

/** How a pod runs the built-in agent: this Node, from what the hub itself runs from. */
export const agentCommand = (): string[] => [
  process.execPath,
  isBundled ? join(bundleFolder, 'agent.js') : join(codeRoot, 'agent', 'main.ts'),
]
