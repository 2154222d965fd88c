import { defineServer } from '../kit/tool.ts'
import { contextIngest } from './ingest.ts'
import { contextRead } from './read.ts'
import { contextRefresh } from './refresh.ts'
import { contextPack, contextSearch } from './search.ts'
import { contextExpire, contextExport, contextForget, contextSourceList } from './sources.ts'

export const context = defineServer({
  name: 'context',
  title: 'Context',
  description:
    'What an agent should know: repositories, notes, specs, logs, changes and decisions, searched and packed with citations.',
  tools: [
    contextSearch,
    contextRead,
    contextPack,
    contextIngest,
    contextRefresh,
    contextSourceList,
    contextForget,
    contextExport,
    contextExpire,
  ],
})
