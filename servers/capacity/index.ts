import { defineServer } from '../kit/tool.ts'
import { budgetRead, budgetSet } from './budgets.ts'
import { capacityRead } from './capacity.ts'
import { forecastRead } from './forecast.ts'

export const capacity = defineServer({
  name: 'capacity',
  title: 'Capacity',
  description: 'What machines have and use, what may be spent, and how much of both is left.',
  tools: [capacityRead, budgetRead, budgetSet, forecastRead],
})
