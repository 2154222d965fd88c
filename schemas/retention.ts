import { z } from 'zod'

const days = z.int().min(0).max(36_500)

/**
 * How long what grows is kept; 0 keeps it for ever. Nothing of a task that is not final, of an open
 * change or of an open question is removed, however old it is.
 */
export const Retention = z.strictObject({
  auditDays: days.default(365).describe('Rows of the audit trail'),
  eventDays: days.default(90).describe('Events'),
  logDays: days.default(180).describe('Output of tasks, from their end'),
  artifactDays: days.default(365).describe('Artifacts of tasks, from their end'),
  approvalDays: days.default(365).describe('Answered questions, and grants that are over'),
  maxStoreMb: z
    .int()
    .min(0)
    .default(8192)
    .describe('Size of the store above which all of these are shortened, down to one day; 0: none'),
})
export type Retention = z.infer<typeof Retention>

/** The smaller of the two is kept free: new work is refused below it, and what runs goes on. */
export const DiskLimits = z.strictObject({
  keepFreeMb: z.int().min(0).default(512).describe('Megabytes'),
  keepFreePercent: z.number().min(0).max(100).default(2).describe('Share of the disk'),
})
