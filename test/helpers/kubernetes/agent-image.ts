import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentImage as writeAgentImage } from '../../../scripts/image.ts'
import type { RealNode } from './real-node.ts'

/** What a node calls the image of the agent, once it has it. */
export const agentImage = 'docker.io/switchyard/agent:test'

/** Gives a node the image of the agent, made of the programs of this machine. */
export async function loadAgentImage(node: RealNode): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-agent-image-'))
  try {
    const archive = join(folder, 'agent.tar')
    await writeAgentImage(archive, { base: undefined, name: agentImage })
    await node.load(archive)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
