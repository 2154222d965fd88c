import { html, nothing } from 'lit'
import './appearance.ts'
import { PageElement } from './element.ts'
import { clock } from './format.ts'
import { Inbox } from './inbox.ts'
import { holdKeys, keyName, takeKeys } from './keys.ts'
import { ConnectionState, connect } from './live.ts'
import { MissingParts, importPart, loadPart } from './load-part.ts'
import type { ListedTool } from './mcp.ts'
import { listTools } from './mcp.ts'
import { newTask } from './new-task.ts'
import type { Page } from './pages.ts'
import { pages } from './pages.ts'
import { skeleton } from './parts/skeleton.ts'
import type { Route } from './route.ts'
import { href, readRoute } from './route.ts'
import { toggleChat } from './chat/side.ts'
import './views/new-task.ts'
import './views/signed-out.ts'

const connectionWords = {
  connecting: 'connecting',
  live: 'live',
  offline: 'offline, trying again',
  'signed-out': 'signed out',
}
const groups = ['work', 'knowledge', 'system'] as const

/** What every page element takes: the thing that is open on it, and the state in the address. */
export type PageView = HTMLElement & Pick<Route, 'thing' | 'params'>

/** A part that is loaded when it is first opened. */
type Overlay = HTMLElement & {
  /** `typed` gives what was typed while it was loaded, and has keys go where they go. */
  open(typed: () => string): Promise<void>
}

// Each import stands alone, or its style sheet is not loaded with it.
const overlays = {
  'sy-palette': () => import('./views/palette.ts'),
  'sy-key-list': () => import('./views/key-list.ts'),
}

/** The frame of the dashboard: rail, connection, and the page that the address names. */
class App extends PageElement {
  readonly #connection = new ConnectionState(this)
  readonly #inbox = new Inbox(this)
  readonly #missing = new MissingParts(this)
  #tools: ListedTool[] | undefined
  #view: PageView | undefined
  #loading: string | undefined
  /** On a phone: whether all pages are shown, not the few of the bar. */
  #isMore = false

  constructor() {
    super()
    takeKeys(this, [
      { key: 'mod+k', title: 'Find anything', run: () => void this.#open('sy-palette') },
      { key: 'c', title: 'New task', run: () => newTask('') },
      { key: '?', title: 'These keys', run: () => void this.#open('sy-key-list') },
    ])
  }

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('hashchange', () => this.#showMore(false))
    connect()
    void listTools().then(
      (tools) => {
        this.#tools = tools
        this.requestUpdate()
      },
      () => undefined, // The connection says that the hub does not answer, and asks again.
    )
  }

  override render() {
    const connection = this.#connection.value
    if (connection === 'signed-out')
      return html`<main id="main" class="lone"><sy-signed-out></sy-signed-out></main>`
    const route = readRoute(location.hash)
    const shown = pages.filter(({ tool }) => this.#tools?.some(({ name }) => name === tool) ?? true)
    return html`
      <a class="skip" href="#main" @click=${this.#skip}>Skip to content</a>
      <nav class="rail" aria-label="Pages" ?data-more=${this.#isMore}>
        <a class="brand" href="#/">Switchyard</a>
        ${groups.map(
          (group, at) =>
            html`${at > 0 ? html`<div class="gap"></div>` : nothing}
            ${shown.filter((page) => page.group === group).map((page) => this.#link(page, route.page))}`,
        )}
        <button
          type="button"
          class="page more"
          aria-expanded=${this.#isMore ? 'true' : 'false'}
          @click=${() => this.#showMore(!this.#isMore)}
        >
          ${this.#isMore ? 'Less' : 'More'}
        </button>
      </nav>
      <div class="top">
        <sy-new-task></sy-new-task>
        <button type="button" class="find" @click=${() => void this.#open('sy-palette')}>
          Find <kbd>${keyName('mod+k')}</kbd>
        </button>
        <button type="button" class="find" ?hidden=${route.page === 'chat'} @click=${toggleChat}>
          Chat <kbd>${keyName('mod+j')}</kbd>
        </button>
        <span class="connection" data-state=${connection} role="status"
          >${connectionWords[connection]}</span
        >
      </div>
      <main id="main" tabindex="-1">${this.#away()} ${this.#partial()} ${this.#page(route)}</main>
      <sy-chat-side class="side" hidden></sy-chat-side>
    `
  }

  protected override updated(): void {
    const { page } = readRoute(location.hash)
    const title = pages.find(({ name }) => name === page)?.title ?? 'No such page'
    const { count } = this.#inbox
    document.title = `${count > 0 ? `(${count}) ` : ''}${title} · Switchyard`
  }

  /** Says what the page is worth while the hub is away. */
  #away() {
    const { value, goneAt } = this.#connection
    if (value !== 'offline') return nothing
    return html`<p class="away" role="alert">
      The hub does not answer.
      ${goneAt === undefined ? nothing : html`What you see is from ${clock(goneAt)}. `}It is asked
      again by itself; what you send now may fail.
    </p>`
  }

  /** What could not be loaded comes with the whole page; all that is on it stays until then. */
  #partial() {
    if (!this.#missing.areMissing || this.#connection.value === 'offline') return nothing
    return html`<p class="away" role="alert">
      A part of this page could not be loaded.
      <button type="button" @click=${() => location.reload()}>
        Load the whole page anew, without what you typed
      </button>
    </p>`
  }

  #link(page: Page, current: string) {
    const { name, title, isOnPhone } = page
    const waiting = page.waiting?.(this.#inbox) ?? 0
    return html`<a
      class="page"
      href=${href(name)}
      ?data-wide=${!isOnPhone}
      aria-current=${name === current ? 'page' : nothing}
      ><span>${title}</span>${
        waiting > 0
          ? html`<span class="count" aria-label="${waiting} waiting"
              >${waiting > 99 ? '99+' : waiting}</span
            >`
          : nothing
      }</a
    >`
  }

  #page({ page: name, thing, params }: Route) {
    const page = pages.find((candidate) => candidate.name === name)
    if (!page) return noPage(name)
    const tag = `sy-page-${name}`
    if (!customElements.get(tag)) return this.#load(page)
    if (this.#view?.localName !== tag) {
      this.#view = document.createElement(tag) as PageView // Each page element takes these.
      scrollTo(0, 0)
    }
    Object.assign(this.#view, { thing, params })
    return this.#view
  }

  #load(page: Page) {
    if (this.#loading !== page.name) void this.#import(page)
    return skeleton(4)
  }

  async #import({ name, load }: Page): Promise<void> {
    this.#loading = name
    await loadPart(load)
    this.#loading = undefined
    this.requestUpdate()
  }

  async #open(tag: keyof typeof overlays): Promise<void> {
    // The page says that the hub is away; keys must not be held until it is back.
    if (this.#connection.value === 'offline' && !customElements.get(tag)) return
    const letGo = holdKeys()
    try {
      const isThere = await importPart(overlays[tag]).then(
        () => true,
        () => false, // The page says that something is missing.
      )
      if (!isThere) return
      const shown = document.querySelector<Overlay>(tag)
      const overlay = shown ?? (document.createElement(tag) as Overlay) // Just defined.
      if (!shown) document.body.append(overlay)
      await overlay.open(letGo)
    } finally {
      letGo()
    }
  }

  #showMore(isMore: boolean): void {
    this.#isMore = isMore
    this.requestUpdate()
  }

  /** The address belongs to the page, so that a jump inside it must not change it. */
  readonly #skip = (event: Event): void => {
    event.preventDefault()
    this.querySelector<HTMLElement>('main')?.focus()
  }
}

const noPage = (name: string) =>
  html`<section class="empty">
    <h1>No such page</h1>
    <p class="body">Nothing here is called “${name}”.</p>
    <div class="actions">
      <button @click=${() => history.back()}>Go back</button>
      <a class="button" href="#/">To the start</a>
    </div>
  </section>`

customElements.define('sy-app', App)
