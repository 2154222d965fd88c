import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Config, Settings } from '../schemas/config.ts'
import { ConfigFile } from '../schemas/config.ts'
import { HubError } from '../schemas/errors.ts'

const lookMs = 250

/** `switchyard.json`, read again when it changes. A broken file leaves the old one in force. */
export class ConfigSource {
  readonly #file: string
  readonly #settings: Settings
  readonly #log: Logger
  #current: Config

  constructor(dataDir: string, settings: Settings, log: Logger) {
    this.#file = join(dataDir, 'switchyard.json')
    this.#settings = settings
    this.#log = log
    this.#current = { ...settings, file: this.#read() }
  }

  current = (): Config => this.#current

  /**
   * Looks at the file now and then. A watch of its folder would wake the hub at each write of the store,
   * and one of the file would lose it to editors, which replace files instead of writing them.
   */
  follow(onChange: (config: Config) => void): void {
    watchFile(this.#file, { interval: lookMs, persistent: false }, () => this.#reload(onChange))
  }

  stop(): void {
    unwatchFile(this.#file)
  }

  #reload(onChange: (config: Config) => void): void {
    try {
      this.#current = { ...this.#settings, file: this.#read() }
      this.#log.info('switchyard.json was read again')
      onChange(this.#current)
    } catch (error) {
      const why = error instanceof HubError ? error.message : String(error)
      this.#log.error({ why }, 'switchyard.json is invalid; the settings before stay in force')
    }
  }

  #read(): ConfigFile {
    let text: string
    try {
      text = readFileSync(this.#file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ConfigFile.parse({})
      throw error
    }
    return parseConfigFile(text, this.#file)
  }
}

function parseConfigFile(text: string, file: string): ConfigFile {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (error) {
    throw new HubError('invalid', `${file} is not JSON: ${String(error)}`, { cause: error })
  }
  const parsed = ConfigFile.safeParse(raw)
  if (parsed.success) return parsed.data
  throw new HubError('invalid', `${file}: ${z.prettifyError(parsed.error)}`)
}
