/** How the dashboard looks in this browser; kept here and nowhere else. */
export type Appearance = { theme: 'system' | 'light' | 'dark'; density: 'comfortable' | 'compact' }

const key = 'switchyard-appearance'
const usual: Appearance = { theme: 'system', density: 'comfortable' }

/** What was chosen in this browser; what is not known any more is as usual. */
export function readAppearance(): Appearance {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Appearance> | null
    return {
      theme: kept?.theme === 'light' || kept?.theme === 'dark' ? kept.theme : usual.theme,
      density: kept?.density === 'compact' ? 'compact' : usual.density,
    }
  } catch {
    return usual // Storage that is blocked or holds something else: nothing was chosen.
  }
}

/** Keeps a choice and shows it at once. */
export function setAppearance(appearance: Appearance): void {
  try {
    localStorage.setItem(key, JSON.stringify(appearance))
  } catch {
    // Without storage it holds until the page is closed.
  }
  apply(appearance)
  dispatchEvent(new CustomEvent('sy-appearance', { detail: appearance }))
}

/** Colours follow `color-scheme`, sizes the base that all of them are relative to. */
function apply({ theme, density }: Appearance): void {
  const root = document.documentElement
  root.style.colorScheme = theme === 'system' ? '' : theme
  root.style.setProperty('--base', density === 'compact' ? '13px' : '')
  root.style.setProperty('--unit', density === 'compact' ? '3px' : '')
  root.dataset.density = density
}

apply(readAppearance())
