import { html } from 'lit'
import type { AppCall, AppMessage, Wish } from '../app-host.ts'
import { AppHost, htmlOf, notification, readApp } from '../app-host.ts'
import { PageElement } from '../element.ts'
import type { ResourceContents } from '../mcp.ts'
import type { AppView, AskedWish } from './app-view.ts'
import { appView } from './app-view.ts'

const leastHeight = 40
const mostHeight = 1600
const firstHeight = 160
/** How long an app that wants to end may take to put away what it holds. */
const endingMs = 2000
const endingId = 'switchyard-teardown'

/**
 * The app of a tool (`_meta.ui.resourceUri`), shown for one call of it. It runs in a frame of another
 * origin; what it wants of the hub goes through AppHost, and what is no mere read through a person.
 */
class AppFrame extends PageElement {
  static override properties = {
    call: { attribute: false },
    page: { state: true },
    state: { state: true },
    error: { state: true },
    height: { state: true },
    wishes: { state: true },
    refused: { state: true },
  }
  declare call: AppCall
  declare page: ResourceContents | undefined
  declare state: AppView['state']
  declare error: string
  declare height: number
  declare wishes: AskedWish[]
  declare refused: string
  #host: AppHost | undefined
  readonly #dark = matchMedia('(prefers-color-scheme: dark)')
  readonly #origin = document.querySelector<HTMLMetaElement>('meta[name=apps]')?.content ?? ''

  constructor() {
    super()
    this.state = 'opening'
    this.error = ''
    this.height = firstHeight
    this.wishes = []
    this.refused = ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('message', this.#take)
    this.#dark.addEventListener('change', this.#tellContext)
    this.#open()
  }

  /** Begins with a page and a host of its own, also after the app has ended. */
  readonly #open = (): void => {
    Object.assign(this, { page: undefined, state: 'opening', refused: '', height: firstHeight })
    if (!this.#origin) return this.#fail('this address of the hub has no sandbox')
    this.#host = new AppHost(this.call, { context: () => this.#context(), ask: this.#ask })
    readApp(this.call).then(
      (page) => (this.page = page),
      (error: unknown) => this.#fail(error instanceof Error ? error.message : String(error)),
    )
  }

  #fail(error: string): void {
    this.state = 'failed'
    this.error = error
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('message', this.#take)
    this.#dark.removeEventListener('change', this.#tellContext)
    this.#drop()
  }

  /** What nobody answered is refused. */
  #drop(): void {
    for (const wish of this.wishes) wish.settle(false)
  }

  override render() {
    const { state, error, wishes, refused } = this
    const frame = this.page ? this.#frame(this.page) : undefined
    const { server } = this.call
    return appView({ server, state, frame, error, wishes, refused, open: this.#open })
  }

  #frame(page: ResourceContents) {
    const csp = JSON.stringify(page._meta?.ui?.csp ?? {})
    const query = new URLSearchParams({ host: location.origin, csp })
    return html`<iframe
      title=${`App of ${this.call.tool.title ?? this.call.tool.name}`}
      src=${`${this.#origin}/frame?${query}`}
      sandbox="allow-scripts allow-same-origin allow-forms"
      referrerpolicy="no-referrer"
    ></iframe>`
  }

  /** Not by an attribute, which the page's policy forbids. */
  protected override updated(): void {
    this.querySelector<HTMLElement>('.app')?.style.setProperty('height', `${this.height}px`)
  }

  readonly #ask = (wish: Wish): Promise<object> =>
    new Promise((resolve, reject) => {
      if (this.wishes.length >= 3) return reject(new Error('too much is asked at a time'))
      const settle = (isGranted: boolean) => {
        this.wishes = this.wishes.filter((other) => other !== asked)
        this.refused = isGranted ? '' : wish.what
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
    else if (method === 'ui/notifications/initialized') this.#show()
    else if (method === 'ui/notifications/request-teardown') this.#end()
    else if (id === endingId && method === undefined) this.#ended()
    else if (method === 'ui/notifications/size-changed') this.#resize(Number(params.height))
    else if (typeof method === 'string' && (typeof id === 'number' || typeof id === 'string'))
      void this.#host?.answer(message).then(this.#post)
  }

  #show(): void {
    this.state = 'shown'
    this.#host?.opening().forEach(this.#post)
  }

  /** The app wants to end: it is told that it will, and may put away what it holds before. */
  #end(): void {
    this.#drop()
    this.#post({ jsonrpc: '2.0', id: endingId, method: 'ui/resource-teardown', params: {} })
    const ending = this.page
    setTimeout(() => ending !== undefined && ending === this.page && this.#ended(), endingMs)
  }

  #ended(): void {
    Object.assign(this, { state: 'ended', page: undefined, refused: '' })
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
