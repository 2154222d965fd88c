import pino from 'pino'
import type { Logger } from 'pino'

/** The hub's log: JSON lines on standard error, with errors as type, message and stack. */
export const makeLogger = (level: string, sync = false): Logger =>
  pino(
    { level, serializers: { error: pino.stdSerializers.err } },
    pino.destination({ fd: 2, sync }),
  )
