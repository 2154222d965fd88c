import { defineServer } from '../kit/tool.ts'
import { specTaskAppend } from './append.ts'
import { specCheck } from './check.ts'
import { specPatch } from './documents.ts'
import { specCreate, specList, specRead } from './features.ts'
import { specTaskList, specTaskNext } from './task-list.ts'
import { specTaskUpdate } from './task-update.ts'
import { specTrace } from './trace.ts'

export const specKit = defineServer({
  name: 'spec-kit',
  title: 'Specifications',
  description:
    'Spec-Kit features: their documents, tasks, checks and traceability, on plain files.',
  tools: [
    specList,
    specRead,
    specCreate,
    specPatch,
    specCheck,
    specTrace,
    specTaskList,
    specTaskNext,
    specTaskUpdate,
    specTaskAppend,
  ],
})
