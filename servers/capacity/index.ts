import { defineServer } from '../kit/tool.ts'
import { budgetRead, budgetSet } from './budgets.ts'
import { capacityRead } from './capacity.ts'
import { forecastRead } from './forecast.ts'
import { capacityHistory } from './history.ts'

export const capacity = defineServer({
  name: 'capacity',
  title: 'Capacity',
  description: 'Room on machines, budgets, and forecasts of both.',
  tools: [capacityRead, capacityHistory, budgetRead, budgetSet, forecastRead],
})
