import { html, nothing } from 'lit'
import { guard } from 'lit/directives/guard.js'
import type { MarkedToken, Token, Tokens } from 'marked'
import { Marked } from 'marked'
import { copy } from './copy.ts'
import { closeOpenMarks } from './markdown-open.ts'
import { renderInline, wikiLinks } from './markdown-inline.ts'
import type { IdLink, PictureAt, WikiLink } from './markdown.ts'

export type MarkdownOptions = {
  streaming: boolean
  level: number
  wikiLink: WikiLink | undefined
  idLink: IdLink | undefined
  pictureAt?: PictureAt | undefined
}

const reader = new Marked({ gfm: true, extensions: [wikiLinks] })

/** Markdown as templates, a block each; a block whose source did not change is not rendered again. */
export function renderMarkdown(text: string, options: MarkdownOptions) {
  const tokens = reader.lexer(options.streaming ? closeOpenMarks(text) : text)
  const { level, wikiLink, idLink, pictureAt } = options
  const definitions = Object.keys(tokens.links).length
  return tokens.map((token) =>
    guard([token.raw, level, wikiLink, idLink, pictureAt, definitions], () =>
      block(token, options),
    ),
  )
}

function block(token: Token, options: MarkdownOptions): unknown {
  const inline = (tokens: Token[] | undefined) => renderInline(tokens ?? [], options)
  const inner = (tokens: Token[]) => tokens.map((child) => block(child, options))
  const known = token as MarkedToken // No extension adds a block.
  switch (known.type) {
    case 'heading':
      return heading(known.depth + options.level - 1, inline(known.tokens))
    case 'paragraph':
      return html`<p>${inline(known.tokens)}</p>`
    case 'text':
      return known.tokens ? inline(known.tokens) : known.text
    case 'code':
      return code(known)
    case 'blockquote':
      return html`<blockquote>${inner(known.tokens)}</blockquote>`
    case 'list':
      return list(known, inner)
    case 'table':
      return table(known, inline)
    case 'hr':
      return html`<hr />`
    case 'html':
      // A comment is for who writes; other HTML stays the text that it is.
      return /^\s*<!--[\s\S]*-->\s*$/.test(known.text)
        ? nothing
        : html`<p class="plain-text">${known.text.trim()}</p>`
    case 'space':
    case 'def':
      return nothing
    case 'checkbox':
    case 'list_item':
    case 'br':
    case 'codespan':
    case 'del':
    case 'em':
    case 'escape':
    case 'image':
    case 'link':
    case 'strong':
      return inline([known]) // Inline where a tight list has no paragraph.
  }
}

function heading(level: number, inner: unknown) {
  switch (Math.min(level, 6)) {
    case 1:
      return html`<h1>${inner}</h1>`
    case 2:
      return html`<h2>${inner}</h2>`
    case 3:
      return html`<h3>${inner}</h3>`
    case 4:
      return html`<h4>${inner}</h4>`
    case 5:
      return html`<h5>${inner}</h5>`
    default:
      return html`<h6>${inner}</h6>`
  }
}

function list({ ordered, start, items }: Tokens.List, inner: (tokens: Token[]) => unknown) {
  const entries = items.map(
    (item) => html`<li class=${item.task ? 'task' : nothing}>${inner(item.tokens)}</li>`,
  )
  return ordered
    ? html`<ol start=${start === '' || start === 1 ? nothing : start}>
        ${entries}
      </ol>`
    : html`<ul>
        ${entries}
      </ul>`
}

function table({ header, rows }: Tokens.Table, inline: (tokens: Token[]) => unknown) {
  const align = ({ align }: Tokens.TableCell) => align ?? nothing
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table">
    <table>
      <thead>
        <tr>
          ${header.map((cell) => html`<th data-align=${align(cell)}>${inline(cell.tokens)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell) => html`<td data-align=${align(cell)}>${inline(cell.tokens)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

function code({ text, lang }: Tokens.Code) {
  const language = lang?.split(/\s/, 1)[0] ?? ''
  return html`<figure class="code">
    <figcaption>
      <span>${language}</span
      ><button type="button" class="quiet" @click=${() => void copy(text)}>Copy</button>
    </figcaption>
    <pre tabindex="0"><code>${text}</code></pre>
  </figure>`
}
