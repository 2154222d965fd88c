import { defineServer } from '../kit/tool.ts'
import { modelGenerate, modelList } from './models.ts'
import { usageReport } from './report.ts'
import { modelRecover } from './settlement.ts'
import { usageRead } from './usage.ts'

export const models = defineServer({
  name: 'models',
  title: 'Models',
  description:
    'Language models by name, and what calls to them cost. Keys stay in the hub; agents call models through it.',
  tools: [modelList, modelGenerate, usageRead, usageReport, modelRecover],
})
