import { html, nothing } from 'lit'
import type { Pod } from '../../schemas/cluster.ts'
import type { Exposure } from '../../schemas/exposure.ts'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { Query } from '../query.ts'
import { problem } from './problem.ts'
import { short } from './pod.ts'
import './pod-window.css'

type Asked = { port: number } | { kind: 'code-server' }

/** What a live pod serves, in a frame of an origin of its own: a port, or an editor on its work. */
class PodWindow extends PageElement {
  static override properties = {
    pod: {},
    shown: { state: true },
    error: { state: true },
    isBusy: { state: true },
  }
  declare pod: string
  /** What the frame shows, by a link that is used once. */
  declare shown: (Exposure & { url: string }) | undefined
  declare error: ToolError | undefined
  declare isBusy: boolean
  readonly #read = new Query<Pod>(this, () => ({
    tool: 'pod_read',
    args: { pod: this.pod },
    staleBy: ({ subject }) => subject === this.pod,
  }))

  constructor() {
    super()
    this.isBusy = false
  }

  override render() {
    const { value, error } = this.#read
    const open = value?.exposed ?? []
    const isLive = value?.state === 'running'
    const isShown = open.some(({ id }) => id === this.shown?.id)
    return html`<section class="pod-window" aria-label="Open pod ${short(this.pod)}">
      <div class="page-bar">
        <h2>Pod ${short(this.pod)}</h2>
        <form class="actions end" @submit=${this.#port}>
          <label
            >Port <input name="port" type="number" min="1" max="65535" required inputmode="numeric"
          /></label>
          <button ?disabled=${!isLive || this.isBusy}>Open</button>
          <button
            type="button"
            ?disabled=${!isLive || this.isBusy}
            @click=${() => this.#show({ kind: 'code-server' })}
          >
            Open the editor
          </button>
        </form>
      </div>
      ${problem(error ?? this.error)}
      ${value && !isLive ? html`<p class="empty">This pod does not run.</p>` : nothing}
      <ul class="exposed">
        ${open.map((one) => this.#exposed(one))}
      </ul>
      ${
        this.shown && isShown
          ? html`<iframe
              title=${nameOf(this.shown)}
              src=${this.shown.url}
              sandbox="allow-scripts allow-same-origin allow-forms allow-popups allow-modals allow-downloads"
              allow="clipboard-read; clipboard-write"
              referrerpolicy="no-referrer"
            ></iframe>`
          : nothing
      }
    </section>`
  }

  #exposed(one: Exposure) {
    return html`<li>
      <span>${nameOf(one)}</span>
      <button ?disabled=${this.isBusy} @click=${() => this.#show(askedOf(one))}>Show</button>
      <button ?disabled=${this.isBusy} @click=${() => this.#tab(askedOf(one))}>
        Open in a new tab
      </button>
      <button
        ?disabled=${this.isBusy}
        @click=${() => this.#act(() => callTool('pod_unexpose', { exposure: one.id }))}
      >
        Close
      </button>
    </li>`
  }

  readonly #port = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.target as HTMLFormElement // The listener sits on the form.
    void this.#show({ port: Number(new FormData(form).get('port')) })
  }

  #show(asked: Asked): Promise<void> {
    return this.#act(async () => {
      this.shown = await callTool('pod_expose', { pod: this.pod, ...asked })
      this.#read.refresh()
    })
  }

  /** The tab is opened at once: browsers refuse one that a click is long past. */
  #tab(asked: Asked): Promise<void> {
    const tab = window.open('about:blank', '_blank')
    if (tab) tab.opener = null
    return this.#act(async () => {
      const { url } = await callTool<{ url: string }>('pod_expose', { pod: this.pod, ...asked })
      tab?.location.replace(url)
    })
  }

  async #act(run: () => Promise<unknown>): Promise<void> {
    this.error = undefined
    this.isBusy = true
    try {
      await run()
    } catch (error) {
      this.error = toolError(error)
    } finally {
      this.isBusy = false
    }
  }
}

const nameOf = ({ kind, port }: Exposure): string =>
  kind === 'code-server' ? 'Editor' : `Port ${port}`

const askedOf = ({ kind, port }: Exposure): Asked => (kind === 'code-server' ? { kind } : { port })

customElements.define('sy-pod-window', PodWindow)
