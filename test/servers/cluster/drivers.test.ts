import { describe } from 'vitest'
import { driverContract } from './driver-contract.ts'
import { ownPorts, portContract } from './driver-ports.ts'
import { localDrivers, offered } from './local-drivers.ts'

describe.each(offered)('the local driver, isolated by %s', (level) => {
  driverContract(() => localDrivers(level))
  portContract(() => localDrivers(level))
  ownPorts(() => localDrivers(level))
})

describe('another local driver in the same hub', () => {
  driverContract(() => localDrivers('none', 'second'))
})
