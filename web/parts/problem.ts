import { html, nothing } from 'lit'
import type { ToolError } from '../mcp.ts'

/** What went wrong and what to do about it, or nothing. */
export const problem = (error: ToolError | undefined) =>
  error
    ? html`<p class="problem" role="alert">
        <span>${error.body.message}</span>
        ${error.body.hint ? html`<small>${error.body.hint}</small>` : nothing}
      </p>`
    : nothing
