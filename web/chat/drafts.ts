/** Texts that were not sent stay with this tab, so that going to another page loses nothing. */
export function keepDraft(of: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(name(of))
    else sessionStorage.setItem(name(of), text)
  } catch {
    // The store is full or not allowed: the text stays in its field, and only there.
  }
}

export function readDraft(of: string): string {
  try {
    return sessionStorage.getItem(name(of)) ?? ''
  } catch {
    return '' // Not allowed: nothing was kept.
  }
}

const name = (of: string) => `chat-draft ${of}`
