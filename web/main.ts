import { html, nothing } from 'lit'
import { PageElement } from './element.ts'
import { ConnectionState, connect } from './live.ts'
import './parts/approvals.ts'
import './parts/grants.ts'
import './views/agents.ts'
import './views/board.ts'
import './views/new-task.ts'
import './views/task.ts'

const pages = [
  { path: '#/', name: 'Tasks' },
  { path: '#/agents', name: 'Agents' },
]

const connectionWords = {
  connecting: 'connecting',
  live: 'live',
  offline: 'offline, trying again',
  'signed-out': 'signed out',
}

/** The frame of the dashboard: header, navigation, connection, and the page that the address names. */
class App extends PageElement {
  readonly #connection = new ConnectionState(this)

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('hashchange', () => {
      this.requestUpdate()
      scrollTo(0, 0)
    })
    connect()
  }

  override render() {
    const connection = this.#connection.value
    const route = location.hash || '#/'
    return html`
      <a class="skip" href="#main">Skip to content</a>
      <header>
        <a class="brand" href="#/">Switchyard</a>
        <nav aria-label="Pages">
          ${pages.map(
            ({ path, name }) =>
              html`<a href=${path} aria-current=${path === route ? 'page' : nothing}>${name}</a>`,
          )}
        </nav>
        <span class="connection" data-state=${connection} role="status"
          >${connectionWords[connection]}</span
        >
        <sy-new-task></sy-new-task>
      </header>
      <main id="main" tabindex="-1">${connection === 'signed-out' ? signedOut : view(route)}</main>
    `
  }
}

function view(route: string) {
  const task = /^#\/task\/([\w-]+)$/.exec(route)?.[1]
  if (task) return html`<sy-task .task=${task}></sy-task>`
  if (route === '#/approvals')
    return html`<h1>Questions</h1>
      <sy-approvals></sy-approvals><sy-grants></sy-grants>`
  if (route === '#/agents') return html`<sy-agents></sy-agents>`
  if (route === '#/' || route === '#main') return html`<sy-board></sy-board>`
  return html`<p class="empty">There is no page here. <a href="#/">To the tasks</a></p>`
}

const signedOut = html`<section class="empty">
  <h1>You are signed out</h1>
  <p>Get a link with <code>npx switchyard login</code> and open it in this browser.</p>
</section>`

customElements.define('sy-app', App)
