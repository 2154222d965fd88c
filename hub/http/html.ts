import { hash } from 'node:crypto'

/** Text as HTML, with every character that markup is made of written as its number. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** A page of this style alone: it loads nothing and runs nothing. */
export const htmlPage = (title: string, style: string, body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>${escaped(title)}</title><style>${style}</style>${body}</html>`

/** What a browser is told of such a page; `forms` lets it send forms to this hub. */
export const htmlHeaders = (style: string, forms: 'self' | 'none' = 'none') => ({
  'content-security-policy': `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; img-src data:; base-uri 'none'; form-action '${forms}'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  // A form that is sent has to say where it comes from; nobody else is told.
  'referrer-policy': forms === 'self' ? 'same-origin' : 'no-referrer',
  'cache-control': 'no-store',
})
