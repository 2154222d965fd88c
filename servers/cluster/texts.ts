import type { Pod } from '../../schemas/cluster.ts'
import type { Page } from '../kit/page.ts'
import { instantText, tableText } from '../kit/table.ts'

// What a model reads of pods.

export const podsText = (page: Page<Pod>): string =>
  tableText(page, {
    id: ({ id }) => id,
    state: ({ state }) => state,
    task: ({ task }) => task,
    node: ({ node }) => node,
    command: ({ command }) => command.join(' '),
    exit: ({ exitCode }) => exitCode,
    reason: ({ reason }) => reason,
    created: ({ createdAt }) => instantText(createdAt),
    ended: ({ endedAt }) => instantText(endedAt),
  })

export const podLogText = ({ data, truncated }: { data: string; truncated: boolean }): string =>
  truncated ? `[the end of a longer output]\n${data}` : data
