import { expect, test } from 'vitest'
import { sy } from '../helpers/command-line.ts'

test(
  'the demonstration runs to its end, whatever other hubs of this shell are set to',
  { timeout: 120_000 },
  async () => {
    const others = {
      SWITCHYARD_OF_SOMEBODY_ELSE: 'yes',
      SWITCHYARD_DISPATCH: 'off',
      SWITCHYARD_PORT: 'none',
      SWITCHYARD_DATA: '/nowhere',
    }
    const { code, out, err } = await sy(['demo'], others)
    expect(err).toBe('')
    expect(out).toContain('its tests pass')
    expect(out).toContain('intact; attempts: 2; change: one')
    expect(code).toBe(0)
  },
)
