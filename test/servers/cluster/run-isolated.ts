import { makeLogger } from '../../../hub/log.ts'
import { ConfigFile, readSettings } from '../../../schemas/config.ts'
import { LocalDriver } from '../../../servers/cluster/drivers/local.ts'
import { codeRoot } from '../../../servers/kit/code-root.ts'
import { exitOf, logOf, specOf } from './pod-specs.ts'

// A program of its own, so that it can be run as another user: starts a script in a pod of the data
// directory and prints how it was isolated and what it said.
const [dataDir = '', script = ''] = process.argv.slice(2)
const config = { ...readSettings({}, { isolation: 'userns' }), file: ConfigFile.parse({}) }
const log = makeLogger('silent')
const driver = new LocalDriver({ config: () => config, dataDir, codeRoot, log })
const spec = specOf(script)
await exitOf(await driver.start(spec))
process.stdout.write(`${(await driver.isolation()).level}\n${await logOf(driver, spec.id)}`)
process.exit()
