import type { ReactiveControllerHost } from 'lit'

export type Key = {
  /** As `KeyboardEvent.key` has it; `mod+k` is ⌘K, and Ctrl+K where there is no ⌘. */
  key: string
  /** What the list of keys says it does. */
  title: string
  run(): void
}

const shown = new Set<Key[]>()

/** Gives a part keys as long as it is on the page. Of two that want a key, the part that came last has it. */
export function takeKeys(host: ReactiveControllerHost, keys: Key[]): void {
  host.addController({
    hostConnected: () => {
      if (shown.size === 0) document.addEventListener('keydown', take)
      shown.add(keys)
    },
    hostDisconnected: () => {
      shown.delete(keys)
      if (shown.size === 0) document.removeEventListener('keydown', take)
    },
  })
}

/**
 * Keeps keys from the page until the returned function is called, which gives what was typed meanwhile:
 * while what they are meant for is still being loaded, a letter must not be taken for a command.
 */
export function holdKeys(): () => string {
  let typed = ''
  const hold = (event: KeyboardEvent): void => {
    if (event.metaKey || event.ctrlKey) return
    if (event.key.length === 1) typed += event.key
    event.preventDefault()
    event.stopImmediatePropagation()
  }
  document.addEventListener('keydown', hold, { capture: true })
  return () => {
    document.removeEventListener('keydown', hold, { capture: true })
    return typed
  }
}

/** The keys that work on the page as it is now, each once. */
export function keysNow(): Key[] {
  const all = [...shown].flat()
  return [...new Map(all.map((one) => [one.key, one])).values()]
}

/** A key as people know it. */
export function keyName(key: string): string {
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform)
  return key.replace(
    /^mod\+(.)/,
    (_, letter: string) => `${isMac ? '⌘' : 'Ctrl '}${letter.toUpperCase()}`,
  )
}

function take(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || event.isComposing) return
  const isMod = event.metaKey || event.ctrlKey
  // What is typed into a field, or answered in a dialog, is no command.
  if (!isMod && isTyping(event.target)) return
  const name = `${isMod ? 'mod+' : ''}${event.key}`
  const taken = keysNow().find(({ key }) => key === name)
  if (!taken) return
  event.preventDefault()
  taken.run()
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.checkVisibility() && // A field of a dialog that was just closed has the focus for a moment.
  target.closest('input, textarea, select, dialog[open], [contenteditable]') !== null
