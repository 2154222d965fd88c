import { z } from 'zod'

/** Name of a time zone of the IANA database, as this machine knows it. */
export const TimeZone = z
  .string()
  .max(60)
  .refine(isTimeZone, { error: 'no time zone of that name; they are called like Europe/Berlin' })

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
