import type { ReactiveController, ReactiveControllerHost } from 'lit'
import { untilReached } from './live.ts'

let isMissing = false
const watchers = new Set<() => void>()

/**
 * Imports a part of the page once the hub answers. Of one that cannot be had the page says so, and this
 * never resolves: browsers keep to it that a script was not there until the page is loaded anew, which
 * loses what was typed on it, so who reads the page chooses the moment.
 */
export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  await untilReached()
  return importPart(load).catch(() => new Promise<T>(() => undefined))
}

/** Imports a part of the page; rejects where it cannot be had, which the page says then. */
export async function importPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    if (!isMissing) {
      isMissing = true
      for (const watcher of watchers) watcher()
    }
    throw error
  }
}

/** Keeps a component told whether parts of the page could not be had. */
export class MissingParts implements ReactiveController {
  readonly #update: () => void

  constructor(host: ReactiveControllerHost) {
    this.#update = () => host.requestUpdate()
    host.addController(this)
  }

  get areMissing(): boolean {
    return isMissing
  }

  hostConnected(): void {
    watchers.add(this.#update)
  }

  hostDisconnected(): void {
    watchers.delete(this.#update)
  }
}
