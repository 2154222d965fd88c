import { html, nothing } from 'lit'
import type { MarkedToken, Token, TokenizerExtension } from 'marked'
import { safeLink } from './links.ts'
import type { IdLink, PictureAt, WikiLink } from './markdown.ts'
import { notePicture } from './note-picture.ts'

type Options = {
  wikiLink: WikiLink | undefined
  idLink: IdLink | undefined
  pictureAt?: PictureAt | undefined
}
type WikiToken = { type: 'wiki'; raw: string; target: string; label: string }

/** `[[Target]]` and `[[Target#Heading|label]]`, with or without the `!` of an embedding. */
export const wikiLinks: TokenizerExtension = {
  name: 'wiki',
  level: 'inline',
  start: (source) => source.search(/!?\[\[/),
  tokenizer(source): WikiToken | undefined {
    const found = /^!?\[\[([^[\]|\n]{1,400})(?:\|([^[\]\n]{1,400}))?\]\]/.exec(source)
    if (!found?.[1]) return undefined
    const target = found[1].trim()
    return { type: 'wiki', raw: found[0], target, label: found[2]?.trim() ?? target }
  },
}

/** The text of a block with its marks. All of it is text or a template of ours. */
export function renderInline(tokens: Token[], options: Options): unknown[] {
  return tokens.map((token) => inline(token as MarkedToken | WikiToken, options))
}

function inline(token: MarkedToken | WikiToken, options: Options): unknown {
  const inner = () => ('tokens' in token ? renderInline(token.tokens ?? [], options) : nothing)
  switch (token.type) {
    case 'text':
      return token.tokens ? inner() : withLinks(decoded(token.text), options)
    case 'escape':
      return token.text
    case 'strong':
      return html`<strong>${inner()}</strong>`
    case 'em':
      return html`<em>${inner()}</em>`
    case 'del':
      return html`<del>${inner()}</del>`
    case 'codespan':
      return html`<code>${withLinks(token.text, options)}</code>`
    case 'br':
      return html`<br />`
    case 'checkbox':
      return html`<input
        type="checkbox"
        disabled
        .checked=${token.checked}
        aria-label=${token.checked ? 'done' : 'open'}
      />`
    case 'link':
      // Links do not nest: an id in the text of one stays text.
      return link(
        decoded(token.href),
        renderInline(token.tokens, { ...options, idLink: undefined }),
      )
    case 'image':
      return image(decoded(token.href), decoded(token.text), options)
    case 'wiki':
      return wiki(token, options)
    case 'html':
      return htmlText(token.text)
    default:
      return token.raw // A block where none can stand.
  }
}

/** Ids are words with two dashes; each is asked for, and stays text where it leads nowhere. */
function withLinks(text: string, { idLink }: Options): unknown {
  if (!idLink) return text
  return text.split(/(\b[a-z]+-[0-9a-z]{6,}-[0-9a-z]{3,}\b)/).map((word, at) => {
    const place = at % 2 === 1 ? idLink(word) : undefined
    return place === undefined ? word : html`<a href=${place}>${word}</a>`
  })
}

function link(address: string, text: unknown) {
  const safe = safeLink(address)
  if (!safe) return html`<span class="no-link" title="This address is not opened">${text}</span>`
  return safe.isExternal
    ? html`<a
        href=${safe.href}
        title=${safe.href}
        target="_blank"
        rel="noopener noreferrer nofollow ugc"
        >${text}</a
      >`
    : html`<a href=${safe.href}>${text}</a>`
}

/** Files of this hub are shown; to fetch from elsewhere would tell others who reads what. */
function image(address: string, alt: string, { pictureAt }: Options) {
  const own = pictureAt?.(address)
  if (own !== undefined) return notePicture(own, alt === '' ? address : alt)
  const safe = safeLink(address)
  if (safe && !safe.isExternal && safe.href.startsWith('/artifacts/'))
    return html`<img src=${safe.href} alt=${alt} loading="lazy" />`
  return link(address, `image: ${alt === '' ? address : alt}`)
}

function wiki({ raw, target, label }: WikiToken, { wikiLink, pictureAt }: Options) {
  const picture = raw.startsWith('!') ? pictureAt?.(target) : undefined
  if (picture !== undefined)
    return notePicture(picture, /^\d+(x\d+)?$/.test(label) ? target : label)
  const href = wikiLink?.(target)
  const safe = href === undefined ? undefined : safeLink(href)
  return safe && !safe.isExternal
    ? html`<a href=${safe.href}>${label}</a>`
    : html`<span class="no-link" title=${wikiLink ? 'Nothing has this name' : target}
        >${label}</span
      >`
}

/** Tables have no other way to break a line; every other tag stays the text that it is. */
function htmlText(text: string) {
  if (/^<br\s*\/?>$/i.test(text)) return html`<br />`
  return text.startsWith('<!--') ? nothing : text
}

/** Entities, as HTML names them. Each is parsed alone, where no tag can stand. */
function decoded(text: string): string {
  return text.replace(/&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,31});/gi, (entity) => {
    const parsed = new DOMParser().parseFromString(entity, 'text/html')
    return parsed.documentElement.textContent ?? entity
  })
}
