import { html, nothing } from 'lit'
import type { OpenPage } from '../../schemas/chat-part.ts'
import type { ConversationExport } from '../../schemas/chat.ts'
import { PageElement } from '../element.ts'
import { ConnectionState } from '../live.ts'
import { callTool } from '../mcp.ts'
import { newTask } from '../new-task.ts'
import type { Composed, Composer } from './composer.ts'
import './composer.ts'
import { Query } from '../query.ts'
import type { Message } from './answer.ts'
import { sentAgain } from './attachments.ts'
import './chat.css'
import type { ChatConversation } from './conversation.ts'
import { watchShown } from './conversations.ts'
import { newKey } from './requests.ts'
import { save } from './save.ts'
import type { Thread } from './thread.ts'
import './thread.ts'

type Model = { name: string; kind: 'local' | 'cloud' | 'scripted' }

/** Asked for as they are, without anything to learn first. */
const examples = ['What needs me?', 'Why did the last task fail?', '/task_list {"state":"running"}']

/** One conversation with its field: the same in the panel and on the page. */
class Chat extends PageElement {
  static override properties = {
    conversation: { attribute: false },
    page: { attribute: false },
    model: { state: true },
  }
  declare conversation: ChatConversation
  /** The page that is open beside it. */
  declare page: OpenPage | undefined
  declare model: string | undefined
  close: () => void = () => undefined
  readonly #connection = new ConnectionState(this)
  readonly #models = new Query<{ items: Model[] }>(this, () => ({ tool: 'model_list' }))
  #actions: Thread['actions'] | undefined

  constructor() {
    super()
    watchShown(this, () => this.conversation)
  }

  async focusField(): Promise<void> {
    await this.updateComplete
    await this.#composer?.updateComplete
    this.#composer?.focusField()
  }

  /** Says something as if it had been typed; what is not taken stands in the field. */
  async ask(text: string): Promise<void> {
    await this.updateComplete
    if (!(await this.#send({ message: { text }, key: newKey() }))) this.#composer?.put(text)
  }

  get #composer(): Composer | null {
    return this.querySelector('sy-composer')
  }

  get #thread(): Thread | null {
    return this.querySelector('sy-chat-thread')
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('conversation')) this.model = undefined
    const models = this.#models.value?.items ?? []
    // The same object as long as nothing in it changed, so that messages are not drawn again.
    if (this.#actions?.models !== models && (models.length > 0 || !this.#actions))
      this.#actions = { models, edited: this.#edited, again: this.#again }
  }

  override render() {
    const { conversation } = this
    const isOffline = this.#connection.value === 'offline'
    return html`<sy-chat-thread
        .conversation=${conversation}
        .actions=${this.#actions}
        .empty=${this.#empty()}
      ></sy-chat-thread>
      ${isOffline || conversation.state === 'lost' ? offline(conversation.isAnswering) : nothing}
      <sy-composer
        .draft=${conversation.id ?? 'new'}
        .page=${this.page}
        .isAnswering=${conversation.isAnswering}
        .isStopping=${conversation.state === 'stopping'}
        .isOffline=${isOffline}
        .tools=${this.#tools()}
        .send=${this.#send}
        .stop=${this.#stop}
        .close=${this.close}
        .editLast=${() => this.#thread?.editLast()}
      ></sy-composer>`
  }

  #tools() {
    const models = this.#models.value?.items ?? []
    const chosen = this.#chosen()
    return html`<select
        class="model"
        aria-label="Model"
        @change=${(event: Event) => (this.model = (event.target as HTMLSelectElement).value)}
      >
        <option value="" ?selected=${chosen === ''}>
          ${models.length === 0 ? 'No model: / runs tools' : 'Default model'}
        </option>
        ${models.map(
          ({ name, kind: of }) =>
            html`<option value=${name} ?selected=${name === chosen}>
              ${name === of ? name : `${name} (${of})`}
            </option>`,
        )}
      </select>
      <button type="button" class="as-task" @click=${this.#asTask}>Send as task</button>`
  }

  #empty() {
    return html`<section class="teach">
      <h2>What should be done?</h2>
      <p class="soft">
        It sees what you may see and does what you may do, by the same tools; what needs an approval
        asks here first. <kbd>@</kbd> names a task, change, note or spec, <kbd>/</kbd> runs one tool
        and needs no model.
      </p>
      <ul class="plain">
        ${examples.map(
          (text) =>
            html`<li>
              <button type="button" @click=${() => void this.#send({ message: { text } })}>
                ${text}
              </button>
            </li>`,
        )}
      </ul>
    </section>`
  }

  readonly #send = async (composed: Composed): Promise<boolean> => {
    this.#thread?.toEnd()
    const { conversation } = this
    const isTaken = await conversation.say({ ...composed, ...(await this.#asked()) })
    if (isTaken) this.dispatchEvent(new CustomEvent('said'))
    return isTaken
  }

  readonly #stop = async (): Promise<void> => {
    const texts = await this.conversation.stop()
    if (texts.length > 0) this.#composer?.put(texts.join('\n'))
  }

  readonly #edited = async ({ parent, parts }: Message, text: string): Promise<void> => {
    this.#thread?.toEnd()
    const message = { text, attachments: sentAgain(parts) }
    await this.conversation.say({ parent, message, ...(await this.#asked()) })
  }

  readonly #again = async ({ id }: Message, model?: string): Promise<void> => {
    this.#thread?.toEnd()
    if (model) this.model = model
    await this.conversation.say({ trigger: 'regenerate', parent: id, ...(await this.#asked()) })
  }

  /** Who is quicker than the list of models waits for it: only it says whether the hub has a default. */
  async #asked(): Promise<{ model?: string }> {
    while (this.#models.isLoading) await new Promise((resolve) => requestAnimationFrame(resolve))
    const model = this.#chosen()
    return model === '' ? {} : { model }
  }

  /** The model that answers next; empty: the one that the hub takes, which is never the scripted one. */
  #chosen(): string {
    const models = this.#models.value?.items ?? []
    const isOnlyScripted = models.length > 0 && models.every(({ kind }) => kind === 'scripted')
    const fallback = isOnlyScripted ? models[0]?.name : ''
    return this.model ?? this.conversation.about?.model ?? fallback ?? ''
  }

  readonly #asTask = (): void => newTask(this.#composer?.text ?? '')
}

/** Saves the branch that is shown as a Markdown file. */
export async function exportChat(conversation: string): Promise<void> {
  const { name, mediaType, text } = await callTool<ConversationExport>('chat_export', {
    conversation,
  })
  save(name, mediaType, text)
}

const offline = (isAnswering: boolean) =>
  html`<p class="offline" role="status">
    ${isAnswering ? 'The connection broke. The answer goes on in the hub and appears here when it is back.' : 'The hub does not answer. What you write stays here and can be sent when it is back.'}
  </p>`

export type { Chat }
customElements.define('sy-chat', Chat)
