import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import { takeKeys } from '../keys.ts'
import { loadPart } from '../load-part.ts'
import { go, readRoute } from '../route.ts'
import type { Chat } from './chat.ts'
import { conversationOf, watchShown } from './conversations.ts'
import type { ChatConversation } from './conversation.ts'
import { openPage } from './open-page.ts'

const openKey = 'chat-open'

/** The chat beside any page: ⌘J opens and closes it. What it needs is loaded when it is opened first. */
class ChatSide extends PageElement {
  static override properties = { isOpen: { state: true }, isLoaded: { state: true } }
  declare isOpen: boolean
  declare isLoaded: boolean
  #conversation: ChatConversation | undefined

  constructor() {
    super()
    this.isOpen = false
    watchShown(this, () => (this.#isShown ? this.#conversation : undefined))
    takeKeys(this, [{ key: 'mod+j', title: 'Chat beside the page', run: () => this.toggle() }])
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.role = 'complementary'
    this.ariaLabel = 'Chat'
    addEventListener('hashchange', this.#moved)
    const kept = sessionStorage.getItem(openKey)
    if (kept !== null) void this.open(kept)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('hashchange', this.#moved)
  }

  toggle(): void {
    if (this.isOpen) this.close()
    else void this.open()
  }

  /** Opens a conversation, or the one that was open before. */
  async open(id?: string): Promise<void> {
    await loadPart(() => import('./chat.ts'))
    this.isLoaded = true
    if (id || !this.#conversation) this.#conversation = conversationOf(id || undefined)
    this.isOpen = true
    this.#keep()
    await this.updateComplete
    await this.querySelector<Chat>('sy-chat')?.focusField()
  }

  /** Begins a conversation with something that was said elsewhere on the page. */
  async ask(text: string): Promise<void> {
    await loadPart(() => import('./chat.ts'))
    this.#conversation = conversationOf()
    await this.open()
    await this.querySelector<Chat>('sy-chat')?.ask(text)
  }

  readonly close = (): void => {
    this.isOpen = false
    sessionStorage.removeItem(openKey)
  }

  protected override willUpdate(): void {
    this.hidden = !this.#isShown
  }

  override render() {
    const conversation = this.#conversation
    if (!this.isLoaded || !this.#isShown || !conversation) return nothing
    return html`<div class="side-head">
        <strong>${conversation.about?.title ?? 'New conversation'}</strong>
        <button type="button" @click=${this.#begin}>New</button>
        <button type="button" @click=${() => go('chat', conversation.id)}>Full page</button>
        <button type="button" aria-label="Close the chat" @click=${this.close}>×</button>
      </div>
      <sy-chat
        .conversation=${conversation}
        .page=${openPage(location.hash)}
        .close=${this.close}
        @said=${this.#keep}
      ></sy-chat>`
  }

  /** On the page of the chat itself the panel would show the same twice. */
  get #isShown(): boolean {
    return this.isOpen && readRoute(location.hash).page !== 'chat'
  }

  readonly #begin = (): void => {
    this.#conversation = conversationOf()
    this.#keep()
    this.requestUpdate()
    void this.querySelector<Chat>('sy-chat')?.focusField()
  }

  readonly #keep = (): void => {
    sessionStorage.setItem(openKey, this.#conversation?.id ?? '')
    this.requestUpdate()
  }

  readonly #moved = (): void => this.requestUpdate()
}

/** Opens or closes the chat beside the page; on the page of the chat there is nothing to open. */
export const toggleChat = (): void => document.querySelector<ChatSide>('sy-chat-side')?.toggle()

/** Says something to the assistant, in a new conversation beside the page. */
export const askChat = (text: string): void =>
  void document.querySelector<ChatSide>('sy-chat-side')?.ask(text)

customElements.define('sy-chat-side', ChatSide)
