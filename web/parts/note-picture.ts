import { html } from 'lit'

const named = /\.(png|jpe?g|gif|webp)$/i

/** Where a picture of a vault is shown from; undefined for what is none, or lies elsewhere. */
export function vaultPicture(vault: string, note: string, target: string): string | undefined {
  const path = decoded(target.split(/[#?]/)[0] ?? '')
  if (!named.test(path) || /^[a-z][a-z\d+.-]*:|^\/\//i.test(target)) return undefined
  return `/pictures/note?${new URLSearchParams({ vault, note, path }).toString()}`
}

/** The picture; its name where it is not there, or is none by its content. */
export const notePicture = (address: string, name: string) =>
  html`<img class="picture" src=${address} alt=${name} loading="lazy" @error=${missing} />`

function missing(event: Event): void {
  const picture = event.target as HTMLImageElement // The listener sits on it.
  picture.dataset.missing = 'true'
}

/** Addresses of Markdown are written with escapes, links of Obsidian without. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path // A name with a plain percent sign.
  }
}
