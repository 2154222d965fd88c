import { defineServer } from '../kit/tool.ts'
import { capacityRead } from './capacity.ts'
import { usageRead } from './usage.ts'

export const capacity = defineServer({
  name: 'capacity',
  title: 'Capacity',
  description: 'What machines have and use, and what model calls cost.',
  tools: [capacityRead, usageRead],
})
