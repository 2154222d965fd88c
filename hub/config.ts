import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ParseError } from 'jsonc-parser'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Config, Settings } from '../schemas/config.ts'
import { ConfigFile } from '../schemas/config.ts'
import { HubError } from '../schemas/errors.ts'
import { jsonc } from '../servers/kit/lazy.ts'

const lookMs = 250

/** `switchyard.json`, read again when it changes. A broken file leaves the old one in force. */
export class ConfigSource {
  readonly #file: string
  readonly #settings: Settings
  readonly #log: Logger
  #version = ''
  #timer: NodeJS.Timeout | undefined
  #current: Config
  #problem: string | undefined

  constructor(dataDir: string, settings: Settings, log: Logger) {
    this.#file = join(dataDir, 'switchyard.json')
    this.#settings = settings
    this.#log = log
    this.#current = { ...settings, file: this.#read() }
  }

  current = (): Config => this.#current

  /** Why the file is not in force as it is now. */
  problem = (): string | undefined => this.#problem

  /**
   * Looks at the file now and then. A watch of its folder would wake the hub at each write of the store,
   * and one of the file would lose it to editors, which replace files instead of writing them. What
   * counts is whether it is the version that was read: a change in between is never lost.
   */
  follow(onChange: (config: Config) => void): void {
    this.#timer = setInterval(() => {
      if (versionOf(this.#file) !== this.#version) this.#reload(onChange)
    }, lookMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #reload(onChange: (config: Config) => void): void {
    try {
      this.#current = { ...this.#settings, file: this.#read() }
      this.#problem = undefined
      this.#log.info('switchyard.json was read again')
      onChange(this.#current)
    } catch (error) {
      const why = error instanceof HubError ? error.message : String(error)
      this.#problem = why
      this.#log.error({ why }, 'switchyard.json is invalid; the settings before stay in force')
    }
  }

  #read(): ConfigFile {
    this.#version = versionOf(this.#file) // Before it is read: what comes later is read again.
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

/** Another one for another version of the file, also when an editor put a new file in its place. */
function versionOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false, bigint: true })
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeNs}` : ''
}

function parseConfigFile(text: string, file: string): ConfigFile {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (error) {
    throw new HubError('invalid', `${file} is not JSON${placeIn(text)}`, { cause: error })
  }
  const parsed = ConfigFile.safeParse(raw)
  if (parsed.success) return parsed.data
  throw new HubError('invalid', `${file}: ${z.prettifyError(parsed.error)}`)
}

/** Where it is wrong, without a piece of the text itself, since credentials may stand there. */
function placeIn(text: string): string {
  const errors: ParseError[] = []
  jsonc().parse(text, errors, { disallowComments: true })
  const [first] = errors
  return first ? `: look at line ${text.slice(0, first.offset).split('\n').length}` : ''
}

/** Calls a listener after each change of the configuration, looking for one whenever something is published. */
export const onChange =
  (current: () => Config, subscribe: (listener: () => void) => () => void) =>
  (listener: () => void): (() => void) => {
    let known = current()
    return subscribe(() => {
      if (known === current()) return
      known = current()
      listener()
    })
  }
