import type { Case } from '../case.ts'
import { compiled } from './compiled.ts'
import { hubFaults } from './hub-faults.ts'
import { javascript } from './javascript.ts'
import { scripts } from './scripts.ts'

export const cases: Case[] = [...javascript, ...hubFaults, ...scripts, ...compiled]
