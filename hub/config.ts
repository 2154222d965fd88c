import { readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Config, Settings } from '../schemas/config.ts'
import { ConfigFile } from '../schemas/config.ts'
import { HubError } from '../schemas/errors.ts'

/** `switchyard.json`, read again when it changes. A broken file leaves the old one in force. */
export class ConfigSource {
  readonly #file: string
  readonly #settings: Settings
  readonly #log: Logger
  #current: Config
  #watcher: { close(): void } | undefined

  constructor(dataDir: string, settings: Settings, log: Logger) {
    this.#file = join(dataDir, 'switchyard.json')
    this.#settings = settings
    this.#log = log
    this.#current = { ...settings, file: this.#read() }
  }

  current = (): Config => this.#current

  /** Follows the folder rather than the file, because editors replace files instead of writing them. */
  follow(dataDir: string, onChange: (config: Config) => void): void {
    let timer: NodeJS.Timeout | undefined
    this.#watcher = watch(dataDir, (_event, name) => {
      if (name !== 'switchyard.json') return
      clearTimeout(timer)
      timer = setTimeout(() => this.#reload(onChange), 50)
    })
  }

  stop(): void {
    this.#watcher?.close()
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
