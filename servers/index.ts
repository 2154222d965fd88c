import { capacity } from './capacity/index.ts'
import { chat } from './chat/index.ts'
import { context } from './context/index.ts'
import { cluster } from './cluster/index.ts'
import type { Server } from './kit/tool.ts'
import { models } from './models/index.ts'
import { obsidian } from './obsidian/index.ts'
import { orchestration } from './orchestration/index.ts'
import { radicle } from './radicle/index.ts'
import { specKit } from './spec-kit/index.ts'

export const servers: Server[] = [
  orchestration,
  radicle,
  specKit,
  obsidian,
  context,
  cluster,
  capacity,
  models,
  chat,
]
