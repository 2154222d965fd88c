import { describe, onTestFinished } from 'vitest'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'
import { driverContract } from '../driver-contract.ts'
import { portContract } from '../driver-ports.ts'
import { kubernetesDrivers } from '../kubernetes-drivers.ts'

describe('the driver of Kubernetes', () => {
  const makeDriver = async () => {
    const make = kubernetesDrivers(await startDouble(), { storageClass: 'local' })
    return () => {
      const driver = make()
      onTestFinished(() => driver.close())
      return driver
    }
  }
  driverContract(makeDriver)
  portContract(makeDriver)
})
