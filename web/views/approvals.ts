import { html } from 'lit'
import { PageElement } from '../element.ts'
import '../parts/approvals.ts'
import '../parts/grants.ts'

/** What waits for a person, and what people allowed for longer than one call. */
class ApprovalsPage extends PageElement {
  override render() {
    return html`<h1>Questions</h1>
      <sy-approvals></sy-approvals><sy-grants></sy-grants>`
  }
}

customElements.define('sy-page-approvals', ApprovalsPage)
