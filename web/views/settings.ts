import { html, nothing } from 'lit'
import { readAppearance, setAppearance } from '../appearance.ts'
import type { Appearance } from '../appearance.ts'
import { PageElement } from '../element.ts'
import { bytes, gib, number } from '../format.ts'
import '../parts/credentials.ts'
import { fieldsView } from '../parts/fields.ts'
import '../parts/page-bar.css'
import { problem } from '../parts/problem.ts'
import { since } from '../parts/time.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import './settings.css'
import { skeleton } from '../parts/skeleton.ts'

type Me = {
  principal: { id: string; kind: string; roles: string[]; orgs: string[] }
  scopes: string[]
}
type HubState = {
  version: string
  node: string
  url: string
  startedAt: number
  dataDir: string
  storeMb: number
  disk: { freeMb: number; keptFreeMb: number; isLow: boolean }
  settings: Record<string, unknown>
  orgs: string[]
  configProblem?: string
}

const themes = { system: 'As the system', light: 'Light', dark: 'Dark' }
const densities = { comfortable: 'Comfortable', compact: 'Compact' }
const mib = 1024 * 1024

/** Who you are, how it looks here, credentials, and what this hub is. */
class Settings extends PageElement {
  static override properties = { thing: {}, params: {}, look: { state: true } }
  declare thing: string | undefined
  declare params: URLSearchParams
  declare look: Appearance
  readonly #me = new Query<Me>(this, () => ({ tool: 'whoami', staleBy: () => false }))
  readonly #hub = new Query<HubState>(this, () =>
    this.#isAdmin ? { tool: 'hub_read', staleBy: () => false } : undefined,
  )

  constructor() {
    super()
    this.look = readAppearance()
  }

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('sy-appearance', this.#look)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('sy-appearance', this.#look)
  }

  get #isAdmin(): boolean {
    return this.#me.value?.scopes.includes('admin') === true
  }

  override render() {
    const me = this.#me.value
    return html`<h1>Settings</h1>
      ${problem(this.#me.error)}
      <div class="settings">
        <section aria-label="This browser">
          <h2>This browser</h2>
          ${choice('Theme', themes, this.look.theme, (theme) => setAppearance({ ...this.look, theme }))}
          ${choice('Density', densities, this.look.density, (density) => setAppearance({ ...this.look, density }))}
          <p class="soft">Kept in this browser alone.</p>
        </section>
        <section aria-label="You">
          <h2>You</h2>
          ${
            me
              ? fieldsView({
                  name: me.principal.id,
                  role: me.principal.roles.join(', '),
                  orgs: me.principal.orgs.map((org) => (org === '*' ? 'all' : org)).join(', '),
                  'may use': me.scopes.join(', '),
                })
              : skeleton(2)
          }
        </section>
      </div>
      ${this.#isAdmin ? html`<sy-credentials></sy-credentials>` : nothing}
      ${this.#isAdmin ? this.#hubView() : me ? html`<p class="soft">Credentials and the hub itself are for owners.</p>` : nothing}`
  }

  #hubView() {
    const { value, error, isLoading } = this.#hub
    return html`<section aria-label="This hub">
      <h2>This hub</h2>
      ${problem(error)} ${isLoading ? skeleton(2) : nothing}
      ${
        value
          ? html`${value.configProblem === undefined ? nothing : html`<p class="problem" role="alert">${value.configProblem} What it said before holds until it is mended.</p>`}
              ${value.disk.isLow ? html`<p class="problem" role="alert">The disk is nearly full: ${number(value.disk.freeMb)} MiB are free, and ${number(value.disk.keptFreeMb)} MiB are kept for what runs. New work is refused. Free some space.</p>` : nothing}
              <dl class="fields">
                <dt>Version</dt>
                <dd>${value.version}, on Node.js ${value.node}</dd>
                <dt>Listens at</dt>
                <dd><code>${value.url}</code></dd>
                <dt>Started</dt>
                <dd>${since(value.startedAt)}</dd>
                <dt>Data directory</dt>
                <dd><code>${value.dataDir}</code></dd>
                <dt>Store</dt>
                <dd>${bytes(value.storeMb * mib)}, ${gib(value.disk.freeMb)} free on its disk</dd>
                ${
                  value.orgs.length > 0
                    ? html`<dt>Orgs</dt>
                        <dd>${value.orgs.join(', ')}</dd>`
                    : nothing
                }
              </dl>
              <details>
                <summary class="soft">Settings it was started with</summary>
                ${fieldsView(startedWith(value.settings))}
              </details>
              <p class="soft">
                Everything else is in <code>switchyard.json</code> in the data directory, which is
                read again when it changes. <code>npx switchyard doctor</code> checks the store, the
                folders and the disk, also while the hub runs;
                <a href=${href('audit')}>Audit</a> checks the trail.
              </p>`
          : nothing
      }
    </section>`
  }

  /** The palette changes it too. */
  readonly #look = (event: Event): void => {
    this.look = (event as CustomEvent<Appearance>).detail // Sent by setAppearance.
  }
}

/** Without what was left to be as usual, which is empty. */
const startedWith = (settings: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => value !== '' && name !== 'data'),
  )

const choice = <Value extends string>(
  name: string,
  options: Record<Value, string>,
  chosen: Value,
  choose: (value: Value) => void,
) =>
  html`<fieldset class="radio">
    <legend>${name}</legend>
    ${(Object.entries(options) as [Value, string][]).map(
      // Its keys are these.
      ([value, title]) =>
        html`<label
          ><input
            type="radio"
            name=${name}
            .checked=${value === chosen}
            @change=${() => choose(value)}
          />${title}</label
        >`,
    )}
  </fieldset>`

customElements.define('sy-page-settings', Settings)
