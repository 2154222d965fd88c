import { z } from 'zod'

/** What a machine offers or a task demands, such as `os:linux`. */
export const Tag = z
  .string()
  .regex(/^[\w.:-]{1,64}$/, 'a tag is 1 to 64 letters, digits or any of _ . : -')
