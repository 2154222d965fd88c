import { html, nothing } from 'lit'
import type { ContextHit, ContextSource, SourceKind, Trust } from '../../schemas/context.ts'
import { href } from '../route.ts'
import { noteHref } from './note.ts'

export const kindWords: Record<SourceKind, string> = {
  repo: 'code',
  vault: 'notes',
  spec: 'specs',
  folder: 'folders',
  log: 'logs',
  change: 'changes',
  decision: 'decisions',
  text: 'texts',
}

/** How far the words of a source may be believed, where that is not plain. */
export const trustMark = (trust: Trust) =>
  trust === 'own'
    ? nothing
    : trust === 'team'
      ? html`<span class="badge" title="Written by the team">team</span>`
      : html`<span
          class="badge"
          data-state="waiting"
          title="Others wrote it; nobody here vouches for it"
          >external</span
        >`

/** Where a document has a page of its own, beside what the store took in. */
export function homeOf(
  { kind, name, uri }: Pick<ContextSource, 'kind' | 'name' | 'uri'>,
  path: string,
  line: number,
): { href: string; words: string } | undefined {
  const id = path.replace(/\.md$/, '')
  const feature = /^specs\/([^/]+)\/(.+)$/.exec(path)
  if (kind === 'vault')
    return { href: noteHref(name, path, { line: String(line) }), words: 'Open the note' }
  if (kind === 'log' && id.startsWith('task'))
    return { href: href('tasks', id), words: 'Open the task' }
  if (kind === 'change') return { href: href('changes', id), words: 'Open the change' }
  if ((kind === 'spec' || kind === 'repo') && feature)
    return {
      href: href('specs', feature[1], { repo: uri, tab: feature[2] ?? 'spec.md' }),
      words: 'Open the feature',
    }
  return undefined
}

/** One piece that was found: where it is from, and its words. */
export function citationRow(
  hit: ContextHit,
  at: { href: string; isOpen: boolean; source: string | undefined },
) {
  const { path, line0, line1, heading, trust, text, kind } = hit
  const lines = line0 === line1 ? `${line0}` : `${line0}–${line1}`
  return html`<a
    class="citation"
    data-row
    href=${at.href}
    title=${hit.cite}
    aria-current=${at.isOpen ? 'true' : nothing}
  >
    <b>${path}<span class="soft">:${lines}</span></b>
    <small
      >${[at.source ?? kindWords[kind], heading].filter(Boolean).join(' · ')}
      ${trustMark(trust)}</small
    >
    <span class="passage" ?data-code=${kind === 'repo'}>${text.trim()}</span>
  </a>`
}
