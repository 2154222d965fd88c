import { html, nothing } from 'lit'
import type { ConversationList } from '../../schemas/chat.ts'
import { exportChat } from '../chat/chat.ts'
import type { Chat } from '../chat/chat.ts'
import type { ChatConversation } from '../chat/conversation.ts'
import { watchShown, conversationOf } from '../chat/conversations.ts'
import { PageElement } from '../element.ts'
import { ToolError, callTool } from '../mcp.ts'
import { empty } from '../parts/empty.ts'
import { menu } from '../parts/menu.ts'
import { rows } from '../parts/rows.ts'
import { badge } from '../parts/state.ts'
import { since } from '../parts/time.ts'
import { toast } from '../parts/toast.ts'
import { go, href } from '../route.ts'
import './chat.css'

type Found = ConversationList['items'][number]

const searchPauseMs = 250

/** All conversations with the assistant, and the one that is open. */
class ChatPage extends PageElement {
  static override properties = { thing: {}, params: {} }
  declare thing: string | undefined
  declare params: URLSearchParams
  #conversation: ChatConversation | undefined
  /** The address that it was opened for. */
  #of: string | undefined
  #typing: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    watchShown(this, () => this.#conversation)
  }

  /** Before the controllers look, which watch what is open from its first moment on. */
  protected override willUpdate(): void {
    this.#shown()
  }

  override render() {
    const conversation = this.#shown()
    const query = this.params?.get('query') ?? ''
    const isOpen = this.thing !== undefined || this.params?.has('new')
    return html`<div class="pair chat-page" ?data-open=${isOpen}>
      <section class="conversations" aria-label="Conversations">
        <header>
          <h1>Chat</h1>
          <a href=${href('chat', undefined, { new: '1' })}>New</a>
        </header>
        <input
          type="search"
          aria-label="Search in conversations"
          placeholder="Search what was said"
          data-filter
          .value=${query}
          @input=${this.#search}
        />
        ${rows<Found>({
          label: 'Conversations',
          asked: {
            tool: 'chat_list',
            args: query === '' ? {} : { query },
            staleBy: ({ kind }) => kind.startsWith('chat.'),
          },
          key: ({ id }) => id,
          row: (item) => row(item, query),
          current: this.thing,
          empty:
            query === ''
              ? empty('No conversations yet', 'What you ask here is kept, on every device.')
              : empty('Nothing was found', 'Try fewer or other words.'),
        })}
      </section>
      <section class="open-chat" aria-label="Conversation">
        <header>
          <a class="back" href=${href('chat')} aria-label="All conversations">‹</a>
          <h2>${conversation.about?.title ?? 'New conversation'}</h2>
          ${this.thing === undefined ? nothing : menu('More', this.#more(this.thing))}
        </header>
        <sy-chat .conversation=${conversation} @said=${this.#said}></sy-chat>
      </section>
    </div>`
  }

  /** The conversation of the address; without one a new one, which stays the same until it has an id. */
  #shown(): ChatConversation {
    if (!this.#conversation || this.#of !== this.thing)
      this.#conversation = conversationOf(this.thing)
    this.#of = this.thing
    return this.#conversation
  }

  #more(id: string) {
    return [
      { title: 'Export as Markdown', run: () => void this.#try(() => exportChat(id)) },
      { title: 'Delete', isDangerous: true, run: () => void this.#try(() => this.#delete(id)) },
    ]
  }

  async #delete(conversation: string): Promise<void> {
    if (!confirm('Delete this conversation? It cannot be had back.')) return
    await callTool('chat_delete', { conversation })
    go('chat')
  }

  async #try(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      toast(error.message)
    }
  }

  /** A new conversation has its address as soon as the hub has named it. */
  readonly #said = (event: Event): void => {
    const { id } = (event.target as Chat).conversation // The listener sits on it.
    if (id !== undefined && id !== this.thing) go('chat', id)
  }

  readonly #search = (event: Event): void => {
    const query = (event.target as HTMLInputElement).value // The listener sits on it.
    clearTimeout(this.#typing)
    this.#typing = setTimeout(
      () => location.replace(href('chat', this.thing, query === '' ? {} : { query })),
      searchPauseMs,
    )
  }
}

const row = ({ id, title, state, updatedAt, found }: Found, query: string) =>
  html`<a class="row" href=${href('chat', id, query === '' ? {} : { query })}>
    <span class="first"
      ><strong>${title}</strong> ${state === 'idle' ? nothing : badge(state)}
      ${since(updatedAt)}</span
    >
    ${found ? html`<small>${found}</small>` : nothing}
  </a>`

customElements.define('sy-page-chat', ChatPage)
