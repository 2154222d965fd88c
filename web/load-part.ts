import type { ReactiveController, ReactiveControllerHost } from 'lit'
import { nextLive, untilReached } from './live.ts'

/** What waits to be tried again, each with how it goes on. */
const failed = new Set<() => void>()
const watchers = new Set<() => void>()
let tries = 0

/**
 * Imports a part of the page. One that cannot be had is said to be missing, and tried again when somebody
 * asks for it or the hub is back: to load the whole page anew would lose what was typed on it.
 */
export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  await untilReached()
  for (;;) {
    try {
      return await importPart(load)
    } catch {
      await nextTry() // The page says that something is missing.
    }
  }
}

/**
 * Imports a part once. Browsers keep to it that a script was not there until the page is loaded anew, so it
 * is asked for under another address then: as it never ran under its own, it does not run twice.
 */
export async function importPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const [, style] = /(\/assets\/[\w.-]+\.css)\b/.exec(String(error)) ?? []
    const [, script] = /(\/assets\/[\w.-]+\.js)\b/.exec(String(error)) ?? []
    tries++
    if (style !== undefined) {
      await addStyle(`${style}?again=${tries}`)
      return importPart(load) // What failed before it is not looked at again.
    }
    if (script === undefined) throw error
    return (await import(/* @vite-ignore */ `${script}?again=${tries}`)) as T // The same file.
  }
}

function addStyle(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const link = document.createElement('link')
    link.rel = 'stylesheet'
    link.href = address
    link.addEventListener('load', () => resolve())
    link.addEventListener('error', () => reject(new Error(`${address} could not be loaded`)))
    document.head.append(link)
  })
}

async function nextTry(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  failed.add(resolve)
  tell()
  await Promise.race([promise, nextLive()])
  failed.delete(resolve)
  tell()
}

const tell = (): void => {
  for (const watcher of watchers) watcher()
}

/** Keeps a component told about parts that could not be loaded. */
export class MissingParts implements ReactiveController {
  readonly #update: () => void

  constructor(host: ReactiveControllerHost) {
    this.#update = () => host.requestUpdate()
    host.addController(this)
  }

  get count(): number {
    return failed.size
  }

  retry(): void {
    for (const tryAgain of failed) tryAgain()
  }

  hostConnected(): void {
    watchers.add(this.#update)
  }

  hostDisconnected(): void {
    watchers.delete(this.#update)
  }
}
