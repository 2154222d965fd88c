import { html, nothing } from 'lit'
import type { AppCall, AppMessage, Wish } from '../app-host.ts'
import { AppHost, htmlOf, notification, readApp } from '../app-host.ts'
import { PageElement } from '../element.ts'
import type { ResourceContents } from '../mcp.ts'
import './app.css'

const leastHeight = 40
const mostHeight = 1600

/**
 * The app of a tool (`_meta.ui.resourceUri`), shown for one call of it. It runs in a frame of another
 * origin; what it wants of the hub goes through AppHost, and what is no mere read through a person.
 */
class AppFrame extends PageElement {
  static override properties = {
    call: { attribute: false },
    page: { state: true },
    error: { state: true },
    height: { state: true },
    wishes: { state: true },
  }
  declare call: AppCall
  declare page: ResourceContents | undefined
  declare error: string
  declare height: number
  declare wishes: (Wish & { settle(isGranted: boolean): void })[]
  #host: AppHost | undefined
  readonly #dark = matchMedia('(prefers-color-scheme: dark)')
  readonly #origin = document.querySelector<HTMLMetaElement>('meta[name=apps]')?.content ?? ''

  constructor() {
    super()
    this.error = ''
    this.height = 160
    this.wishes = []
  }

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('message', this.#take)
    this.#dark.addEventListener('change', this.#tellContext)
    this.#host = new AppHost(this.call, { context: () => this.#context(), ask: this.#ask })
    readApp(this.call).then(
      (page) => (this.page = page),
      (error: unknown) => (this.error = error instanceof Error ? error.message : String(error)),
    )
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('message', this.#take)
    this.#dark.removeEventListener('change', this.#tellContext)
    for (const wish of this.wishes) wish.settle(false)
  }

  override render() {
    if (this.error || !this.#origin)
      return html`<p class="problem" role="alert">
        The app cannot be shown: ${this.error || 'this address of the hub has no sandbox'}
      </p>`
    if (!this.page) return html`<div class="app" aria-busy="true"></div>`
    const csp = JSON.stringify(this.page._meta?.ui?.csp ?? {})
    const query = new URLSearchParams({ host: location.origin, csp })
    return html`<div class="app">
        <iframe
          title=${`App of ${this.call.tool.title ?? this.call.tool.name}`}
          src=${`${this.#origin}/frame?${query}`}
          sandbox="allow-scripts allow-same-origin allow-forms"
          referrerpolicy="no-referrer"
        ></iframe>
      </div>
      ${this.wishes.map((wish) => this.#wish(wish))}`
  }

  /** Not by an attribute, which the page's policy forbids. */
  protected override updated(): void {
    this.querySelector<HTMLElement>('.app')?.style.setProperty('height', `${this.height}px`)
  }

  #wish({ what, detail, settle }: AppFrame['wishes'][number]) {
    return html`<div class="app-wish" role="alertdialog" aria-label="The app asks">
      <p>The app of <b>${this.call.server}</b> wants to ${what}.</p>
      ${detail ? html`<pre tabindex="0">${detail}</pre>` : nothing}
      <button class="primary" @click=${() => settle(true)}>Allow</button>
      <button @click=${() => settle(false)}>Refuse</button>
    </div>`
  }

  readonly #ask = (wish: Wish): Promise<object> =>
    new Promise((resolve, reject) => {
      if (this.wishes.length >= 3) return reject(new Error('too much is asked at a time'))
      const settle = (isGranted: boolean) => {
        this.wishes = this.wishes.filter((other) => other !== asked)
        if (isGranted) wish.grant().then(resolve, reject)
        else reject(new Error('a person refused it'))
      }
      const asked = { ...wish, settle }
      this.wishes = [...this.wishes, asked]
    })

  readonly #take = ({ source, origin, data }: MessageEvent): void => {
    const frame = this.querySelector('iframe')
    if (!frame || source !== frame.contentWindow || origin !== this.#origin) return
    if (typeof data !== 'object' || data === null) return
    const message = data as AppMessage // Every field is looked at before it is used.
    const { id, method, params = {} } = message
    if (method === 'ui/notifications/sandbox-proxy-ready')
      this.#post(notification('sandbox-resource-ready', { html: htmlOf(this.page!) })) // The frame is there with it.
    else if (method === 'ui/notifications/initialized') this.#host?.opening().forEach(this.#post)
    else if (method === 'ui/notifications/size-changed') this.#resize(Number(params.height))
    else if (typeof method === 'string' && (typeof id === 'number' || typeof id === 'string'))
      void this.#host?.answer(message).then(this.#post)
  }

  #resize(height: number): void {
    if (Number.isFinite(height)) this.height = Math.min(Math.max(height, leastHeight), mostHeight)
  }

  readonly #post = (message: object): void =>
    this.querySelector('iframe')?.contentWindow?.postMessage(message, this.#origin)

  readonly #tellContext = (): void =>
    this.#post(notification('host-context-changed', this.#context()))

  /** The page's own colours, by the names that apps know. */
  #context(): object {
    const style = getComputedStyle(this)
    const variables = Object.fromEntries(
      Object.entries(colours).map(([name, own]) => [name, style.getPropertyValue(own)]),
    )
    const { locale, timeZone } = Intl.DateTimeFormat().resolvedOptions()
    const isDark =
      style.colorScheme === 'dark' || (style.colorScheme !== 'light' && this.#dark.matches)
    return {
      theme: isDark ? 'dark' : 'light',
      styles: { variables },
      displayMode: 'inline',
      availableDisplayModes: ['inline'],
      containerDimensions: { width: this.clientWidth, maxHeight: mostHeight },
      platform: 'web',
      locale,
      timeZone,
    }
  }
}

const colours = {
  '--color-background-primary': '--page',
  '--color-background-secondary': '--sunken',
  '--color-text-primary': '--text',
  '--color-text-secondary': '--soft',
  '--color-text-danger': '--failed',
  '--color-text-success': '--done',
  '--color-text-warning': '--waiting',
  '--color-text-info': '--running',
  '--color-border-primary': '--line',
  '--font-sans': '--sans',
  '--font-mono': '--mono',
}

customElements.define('sy-app-frame', AppFrame)
