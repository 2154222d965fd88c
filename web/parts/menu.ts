import { html } from 'lit'

export type MenuItem = { title: string; run(): void; isDangerous?: boolean }

/** Less usual actions behind one button. It closes by Escape, by a choice, and when it is left. */
export const menu = (label: string, items: MenuItem[]) =>
  html`<details class="menu" @focusout=${leave} @keydown=${escape}>
    <summary aria-label=${label} title=${label}>⋯</summary>
    <ul role="list">
      ${items.map(
        ({ title, run, isDangerous }) =>
          html`<li>
            <button
              type="button"
              ?data-dangerous=${isDangerous}
              @click=${(event: Event) => {
                close(event)
                run()
              }}
            >
              ${title}
            </button>
          </li>`,
      )}
    </ul>
  </details>`

const menuOf = (event: Event): HTMLDetailsElement | null =>
  event.target instanceof Element ? event.target.closest('details.menu') : null

const close = (event: Event): void => menuOf(event)?.removeAttribute('open')

function leave(event: FocusEvent): void {
  const inside = event.relatedTarget instanceof Node && menuOf(event)?.contains(event.relatedTarget)
  if (inside !== true && event.relatedTarget !== null) close(event)
}

function escape(event: KeyboardEvent): void {
  const open = menuOf(event)
  if (event.key !== 'Escape' || !open?.open) return
  event.stopPropagation()
  open.open = false
  open.querySelector('summary')?.focus()
}
