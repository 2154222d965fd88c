import { html, nothing } from 'lit'
import type { Peer } from '../../schemas/peer.ts'
import { PageElement } from '../element.ts'
import { every } from '../every.ts'
import { gib } from '../format.ts'
import type { ToolAnswer, ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { choices } from '../parts/choices.ts'
import { problem } from '../parts/problem.ts'
import { secretView } from '../parts/secret.ts'
import { badge } from '../parts/state.ts'
import { toolForm } from '../parts/tool-form.ts'
import { since } from '../parts/time.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import './peers.css'
import { skeleton } from '../parts/skeleton.ts'

const refreshMs = 10_000
const forms = { invite: 'Invite a hub', add: 'Join with an invitation' }

/** Other hubs: how each is, what it may do here, what room it has; and how more are joined. */
class Peers extends PageElement {
  static override properties = {
    thing: {},
    params: {},
    error: { state: true },
    leaving: { state: true },
    note: { state: true },
  }
  declare thing: string | undefined
  declare params: URLSearchParams
  declare error: ToolError | undefined
  /** The peer of which it was asked once whether to end it. */
  declare leaving: string | undefined
  /** What is left to do on a hub that was removed. */
  declare note: string | undefined
  readonly #peers = new Query<{ items: Peer[] }>(this, () => ({ tool: 'peer_list' }))

  constructor() {
    super()
    every(this, refreshMs, () => this.#peers.refresh()) // No event tells how a peer is.
  }

  override render() {
    const { value, error, isLoading } = this.#peers
    const form = this.params.get('form')
    return html`<div class="page-bar">
        <h1>Peers</h1>
        <span class="end"
          >${choices(
            'Join',
            Object.entries(forms).map(([name, title]) => ({
              title,
              isCurrent: name === form,
              href: name === form ? href('peers') : href('peers', undefined, { form: name }),
            })),
          )}</span
        >
      </div>
      ${problem(error ?? this.error)}
      ${this.note ? html`<p class="notice-text" role="status">${this.note}</p>` : nothing}
      ${form === 'invite' ? this.#invite() : form === 'add' ? this.#add() : nothing}
      ${isLoading ? skeleton(2) : nothing} ${value && value.items.length === 0 ? empty : nothing}
      <ul class="peers">
        ${value?.items.map((peer) => this.#peer(peer))}
      </ul>`
  }

  #peer({ name, url, state, reason, tools, granted, capacity, room, joinedAt, machine }: Peer) {
    return html`<li>
      <div class="who">
        ${badge(state)}
        <h2>${name}</h2>
        ${url ? html`<code>${url}</code>` : html`<span class="soft">only calls here</span>`}
      </div>
      <span
        >${granted ? html`May act here as <b>${granted.role}</b> in ${granted.orgs.join(', ')}` : html`<span class="soft">May do nothing here</span>`}</span
      >
      <span
        >${tools > 0 ? html`${tools} of its tools can be called, as <code>${name}_…</code>` : html`<span class="soft">None of its tools can be called</span>`}</span
      >
      <span
        >${capacity ? html`Room for <b>${room ?? 0}</b> pods of 1 core and 1 GiB; ${capacity.cpus.total - capacity.cpus.promised} of ${capacity.cpus.total} cores and ${gib(capacity.memoryMb.available)} free` : nothing}</span
      >
      ${reason ? html`<p class="notice-text">${reason}</p>` : nothing}
      <span class="line"
        >joined
        ${since(joinedAt)}${machine ? html`, may call from <b>${machine}</b> alone` : nothing}</span
      >
      <span class="do"
        ><button class="quiet" @click=${() => this.#remove(name)}>
          ${this.leaving === name ? `Yes, end it with ${name}` : html`Remove<span class="visually-hidden"> ${name}</span>`}
        </button></span
      >
    </li>`
  }

  #invite() {
    return html`<section class="join" aria-label=${forms.invite}>
      <p class="soft">
        The invitation works once, within ten minutes. Hand it to the owner of the other hub on a
        way that nobody else reads.
      </p>
      ${toolForm({
        tool: 'peer_invite',
        button: 'Make an invitation',
        isOnce: true,
        shown: ({ structuredContent }: ToolAnswer) => {
          const made = structuredContent as {
            invitation: string
            expiresAt: number
            note?: string
          } // The tool's output.
          return html`${secretView('Invitation', made.invitation)}
            <p class="soft">It ends ${since(made.expiresAt)}, and is shown only now.</p>
            ${made.note ? html`<p role="status">${made.note}</p>` : nothing}`
        },
      })}
    </section>`
  }

  #add() {
    return html`<section class="join" aria-label=${forms.add}>
      ${toolForm({
        tool: 'peer_add',
        button: 'Join',
        shown: () => html`<p role="status">Joined.</p>`,
        done: () => this.#peers.refresh(),
      })}
    </section>`
  }

  async #remove(name: string): Promise<void> {
    if (this.leaving !== name) {
      this.leaving = name
      return
    }
    this.leaving = this.error = this.note = undefined
    try {
      this.note = (await callTool<{ note?: string }>('peer_remove', { name })).note
      this.#peers.refresh()
    } catch (error) {
      this.error = toolError(error)
    }
  }
}

const empty = html`<p class="empty">
  This hub works alone. With peers it sees their room and gives them work, within a role.
  <a href=${href('peers', undefined, { form: 'invite' })}>Invite a hub</a>, or
  <a href=${href('peers', undefined, { form: 'add' })}>join with an invitation</a>.
</p>`

customElements.define('sy-page-peers', Peers)
