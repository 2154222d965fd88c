import { defineServer } from '../kit/tool.ts'
import { capacityRead } from './capacity.ts'

export const capacity = defineServer({
  name: 'capacity',
  title: 'Capacity',
  description: 'What machines have and use, and how much room is left.',
  tools: [capacityRead],
})
