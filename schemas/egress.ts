import { z } from 'zod'

const Host = z
  .string()
  .max(260)
  .regex(
    /^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/,
    'a host name in lower case such as registry.npmjs.org, *.example.org or mirror.lan:8080',
  )

/** Where pods of an org may connect to: anywhere, the hub alone, or the hub and these hosts. */
export const Egress = z.union([z.enum(['all', 'hub']), z.array(Host).max(500)])
export type Egress = z.infer<typeof Egress>
