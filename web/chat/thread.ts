import { html, nothing } from 'lit'
import { guard } from 'lit/directives/guard.js'
import { repeat } from 'lit/directives/repeat.js'
import { PageElement } from '../element.ts'
import { skeleton } from '../parts/skeleton.ts'
import { problem } from '../parts/problem.ts'
import { Announcer } from './announcer.ts'
import type { Message } from './answer.ts'
import type { ChatConversation } from './conversation.ts'
import { watchShown } from './conversations.ts'
import { editView } from './edit.ts'
import type { Actions } from './message.ts'
import { answerView, requestView } from './message.ts'

/** How near to its end a reader is at the end. */
const nearPx = 48

/** The messages of a conversation. It stays at the end while the reader is there, and only then. */
class Thread extends PageElement {
  static override properties = {
    conversation: { attribute: false },
    actions: { attribute: false },
    editing: { state: true },
    isAway: { state: true },
    empty: { attribute: false },
  }
  declare conversation: ChatConversation
  declare actions: Pick<Actions, 'models'> & {
    edited(message: Message, text: string): Promise<void>
    again(message: Message, model?: string): Promise<void>
  }
  declare editing: string | undefined
  /** Whether the reader went up, so that new text does not move what is read. */
  declare isAway: boolean
  /** What stands there before anything was said. */
  declare empty: unknown
  readonly #announcer = new Announcer()
  #resizes: ResizeObserver | undefined

  constructor() {
    super()
    watchShown(this, () => this.conversation)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    // Text that is laid out later, such as code or a card that opens, keeps the end in sight as well.
    this.#resizes = new ResizeObserver(() => this.#stick())
    if (this.hasUpdated) this.#observe()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#resizes?.disconnect()
  }

  /** Goes to the end, and stays there. */
  toEnd(): void {
    this.isAway = false
    this.#stick()
  }

  /** Opens the last thing that a person said for a change. */
  editLast(): void {
    if (this.conversation.isAnswering) return
    this.editing = this.conversation.messages.findLast(({ role }) => role === 'user')?.id
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('conversation')) this.editing = undefined
    if (changed.has('conversation')) this.isAway = false
  }

  protected override firstUpdated(): void {
    this.#observe()
  }

  protected override updated(): void {
    this.#stick()
    const last = this.conversation.messages.at(-1)
    const live = this.querySelector<HTMLElement>('[aria-live=polite]')
    if (last?.role === 'assistant' && live) this.#announcer.say(last, live)
  }

  override render() {
    const { messages, earlier, error, state, waiting, isAnswering } = this.conversation
    const shown = messages.filter((one) => one.state !== 'queued' && one.state !== 'steering')
    return html`<div class="thread" @scroll=${this.#scrolled} tabindex="0">
        <div class="messages" role="log" aria-live="off" aria-label="Conversation">
          ${earlier === undefined ? nothing : html`<button type="button" class="earlier" @click=${this.#loadEarlier}>Earlier messages</button>`}
          ${state === 'loading' && messages.length === 0 ? skeleton(5) : nothing}
          ${repeat(
            shown,
            ({ id }) => id,
            (message) =>
              guard([message, message.id === this.editing, isAnswering, this.actions.models], () =>
                this.#message(message),
              ),
          )}
          ${waiting.map(
            ({ text, mode }) =>
              html`<article class="said waiting" aria-label="Waits">
                <p class="text" dir="auto">${text}</p>
                <small
                  >${mode === 'steer' ? 'Goes in at the next step' : 'Comes after this answer'}</small
                >
              </article>`,
          )}
          ${messages.length === 0 && state !== 'loading' && !error ? this.empty : nothing}
          ${problem(error)}
        </div>
      </div>
      ${this.isAway ? html`<button type="button" class="to-end" @click=${() => this.toEnd()}>↓ To the end</button>` : nothing}
      <div class="visually-hidden" aria-live="polite"></div>`
  }

  #message(message: Message) {
    const actions: Actions = {
      models: this.actions.models,
      isAnswering: this.conversation.isAnswering,
      edit: ({ id }) => (this.editing = id),
      again: (one, model) => void this.actions.again(one, model),
      show: (id) => void this.conversation.load(id),
    }
    if (message.role === 'assistant') return answerView(message, actions)
    if (message.id !== this.editing) return requestView(message, actions)
    return editView(message, {
      done: (text) => {
        this.editing = undefined
        void this.actions.edited(message, text)
      },
      cancel: () => (this.editing = undefined),
    })
  }

  get #box(): HTMLElement | null {
    return this.querySelector('.thread')
  }

  #observe(): void {
    const inner = this.querySelector('.messages')
    if (inner) this.#resizes?.observe(inner)
  }

  #stick(): void {
    const box = this.#box
    if (box && !this.isAway) box.scrollTop = box.scrollHeight
  }

  readonly #scrolled = (): void => {
    const box = this.#box
    if (box) this.isAway = box.scrollHeight - box.scrollTop - box.clientHeight > nearPx
  }

  /** What was read stays where it is; the messages before it appear above. */
  readonly #loadEarlier = async (): Promise<void> => {
    const box = this.#box
    const below = box ? box.scrollHeight - box.scrollTop : 0
    this.isAway = true
    await this.conversation.loadEarlier()
    await new Promise((resolve) => requestAnimationFrame(resolve))
    await this.updateComplete
    if (box) box.scrollTop = box.scrollHeight - below
  }
}

export type { Thread }
customElements.define('sy-chat-thread', Thread)
