import { html, nothing } from 'lit'
import './appearance.ts'
import { PageElement } from './element.ts'
import { ConnectionState, connect } from './live.ts'
import type { ListedTool } from './mcp.ts'
import { listTools } from './mcp.ts'
import type { Page } from './pages.ts'
import { pages } from './pages.ts'
import type { Route } from './route.ts'
import { href, readRoute } from './route.ts'
import './views/new-task.ts'

const connectionWords = {
  connecting: 'connecting',
  live: 'live',
  offline: 'offline, trying again',
  'signed-out': 'signed out',
}
const groups = ['work', 'knowledge', 'system'] as const

/** What every page element takes: the thing that is open on it, and the state in the address. */
export type PageView = HTMLElement & Pick<Route, 'thing' | 'params'>

/** The frame of the dashboard: rail, connection, and the page that the address names. */
class App extends PageElement {
  readonly #connection = new ConnectionState(this)
  #tools: ListedTool[] | undefined
  #view: PageView | undefined

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('hashchange', () => this.requestUpdate())
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
    const route = readRoute(location.hash)
    const shown = pages.filter(({ tool }) => this.#tools?.some(({ name }) => name === tool) ?? true)
    const current = route.page === 'now' ? 'tasks' : route.page
    return html`
      <a class="skip" href="#main">Skip to content</a>
      <nav class="rail" aria-label="Pages">
        <a class="brand" href="#/">Switchyard</a>
        ${groups.map(
          (group, at) =>
            html`${at > 0 ? html`<div class="gap"></div>` : nothing}
            ${shown.filter((page) => page.group === group).map((page) => link(page, current))}`,
        )}
      </nav>
      <div class="top">
        <sy-new-task></sy-new-task>
        <span class="connection" data-state=${connection} role="status"
          >${connectionWords[connection]}</span
        >
      </div>
      <main id="main" tabindex="-1">
        ${connection === 'signed-out' ? signedOut : this.#page(current, route)}
      </main>
    `
  }

  #page(name: string, { thing, params }: Route) {
    const page = pages.find((candidate) => candidate.name === name)
    if (!page)
      return html`<p class="empty">There is no page here. <a href="#/">To the start</a></p>`
    const tag = `sy-page-${name}`
    if (!customElements.get(tag)) {
      void page.load().then(() => this.requestUpdate())
      return html`<p class="empty" aria-busy="true">Loading…</p>`
    }
    if (this.#view?.localName !== tag) {
      this.#view = document.createElement(tag) as PageView // Each page element takes these.
      scrollTo(0, 0)
    }
    Object.assign(this.#view, { thing, params })
    return this.#view
  }
}

const link = ({ name, title, isOnPhone }: Page, current: string) =>
  html`<a
    class="page"
    href=${href(name)}
    ?data-wide=${!isOnPhone}
    aria-current=${name === current ? 'page' : nothing}
    >${title}</a
  >`

const signedOut = html`<section class="empty">
  <h1>You are signed out</h1>
  <p>Get a link with <code>npx switchyard login</code> and open it in this browser.</p>
</section>`

customElements.define('sy-app', App)
