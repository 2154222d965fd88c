import type { LitElement } from 'lit'
import { takeKeys } from '../keys.ts'

/** j, k and the arrows walk the links of a list that is drawn whole, o opens; a long one is `rows`. */
export function takeListKeys(host: LitElement): void {
  const links = () => [...host.querySelectorAll<HTMLElement>('[data-row]')]
  const at = () => links().indexOf(document.activeElement as HTMLElement) // Of another kind it is not in the list.
  const move = (by: number) => {
    const all = links()
    const from = at() < 0 ? all.findIndex((link) => link.ariaCurrent === 'true') : at()
    all[Math.max(0, Math.min(all.length - 1, from + by))]?.focus()
  }
  takeKeys(host, [
    { key: 'j', title: 'Next row', run: () => move(1) },
    { key: 'k', title: 'Row before', run: () => move(-1) },
    { key: 'o', title: 'Open the row', run: () => links()[at()]?.click() },
  ])
}
