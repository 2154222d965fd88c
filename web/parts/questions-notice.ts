import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import { Live } from '../live.ts'
import { callTool } from '../mcp.ts'

/** How many questions wait for people, as a link to them; nothing where none does. */
class QuestionsNotice extends PageElement {
  readonly #asked = new Live(
    this,
    () => callTool<{ pending?: number }>('approval_list', { limit: 1 }),
    (event) => event.kind.startsWith('approval.'),
  )

  override render() {
    const count = this.#asked.value?.pending ?? 0
    if (count === 0) return nothing
    const words = count === 1 ? '1 question waits' : `${count} questions wait`
    return html`<p class="notice" role="status">
      <a href="#/approvals">${words} for an answer</a>
    </p>`
  }
}

customElements.define('sy-questions-notice', QuestionsNotice)
