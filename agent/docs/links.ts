import { basename, dirname, join, normalize, relative } from 'node:path/posix'
import type { Finding } from '../../schemas/report.ts'
import { readText } from '../files.ts'
import { readPage } from './markdown-links.ts'
import type { Link, Page } from './markdown-links.ts'

/** A link whose target has moved, and what it should say. */
export type Fix = { path: string; link: Link; replacement: string }
export type LinkCheck = {
  /** What is wrong, with what would mend it where that is known. */
  broken: { finding: Finding; fix: Fix | undefined }[]
  /** Addresses of other sites, with the first place that links to each. */
  external: Map<string, { path: string; line: number }>
  pages: number
  links: number
}

const maxPageBytes = 2 * 1024 * 1024
const isPage = (path: string) => /\.(md|markdown)$/i.test(path)

/** Checks every link between the files of a repository, and to headings in them. Nothing is fetched. */
export async function checkLinks(root: string, files: string[]): Promise<LinkCheck> {
  const pages = new Map<string, Page>()
  for (const path of files.filter(isPage)) {
    const text = await readText(root, path, maxPageBytes)
    if (text !== undefined) pages.set(path, readPage(text))
  }
  const site = siteOf(files, pages)
  const check: LinkCheck = {
    broken: [],
    external: new Map(),
    pages: pages.size,
    links: 0,
  }
  for (const [path, page] of pages)
    for (const link of page.links) {
      check.links++
      checkLink(site, path, link, check)
    }
  return check
}

type Site = {
  files: Set<string>
  folders: Set<string>
  pages: Map<string, Page>
  byName: Map<string, string[]>
}

function siteOf(files: string[], pages: Map<string, Page>): Site {
  const folders = new Set<string>(['.'])
  const byName = new Map<string, string[]>()
  for (const path of files) {
    for (let above = dirname(path); above !== '.'; above = dirname(above)) folders.add(above)
    const name = basename(path)
    byName.set(name, [...(byName.get(name) ?? []), path])
  }
  return { files: new Set(files), folders, pages, byName }
}

function checkLink(site: Site, path: string, link: Link, check: LinkCheck): void {
  const { target, line } = link
  if (/^https?:\/\//i.test(target)) {
    const url = target.split('#', 1)[0] ?? target
    if (!check.external.has(url)) check.external.set(url, { path, line })
    return
  }
  // Other schemes, and marks that a generator fills in.
  if (/^([a-z][a-z0-9+.-]*:|\/\/)|[{}<>$]/i.test(target)) return
  const [written = '', anchor = ''] = target.split('#', 2)
  const plain = decode(written.split('?', 1)[0] ?? '')
  const wanted = plain === '' ? path : resolve(path, plain)
  const found = wanted === undefined ? undefined : findTarget(site, wanted)
  const add = (message: string, replacement: string | undefined): void => {
    const fix = replacement === undefined ? undefined : { path, link, replacement }
    check.broken.push({ finding: broken(path, line, message), fix })
  }
  const mark = anchor === '' ? '' : `#${anchor}`
  if (found === undefined) {
    const moved = movedTo(site, plain)
    const to = moved && relative(dirname(path), moved)
    const holds = to !== undefined && anchorHolds(site, moved, anchor)
    const hint = to === undefined ? '' : `; did it move to ${to}?`
    const why = `${target} leads to no file of the repository${hint}`
    return add(why, holds ? encodeURI(to) + mark : undefined)
  }
  if (anchorHolds(site, found, anchor)) return
  const near = nearAnchor(site, found, anchor)
  const hint = near === undefined ? '' : `; did you mean #${near}?`
  add(`${found} has no heading for ${mark}${hint}`, near && `${written}#${near}`)
}

/** The path in the repository, or undefined for one that leads out of it. */
function resolve(from: string, to: string): string | undefined {
  const path = to.startsWith('/') ? normalize(to.slice(1) || '.') : join(dirname(from), to)
  if (path === '..' || path.startsWith('../')) return undefined
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/** What a path means: itself, a folder, or the page that generators make of it. */
function findTarget({ files, folders }: Site, path: string): string | undefined {
  const index = ['index.md', 'README.md', '_index.md'].map((name) => join(path, name))
  const candidates = [path, `${path}.md`, path.replace(/\.html?$/, '.md'), ...index]
  return candidates.find((one) => files.has(one)) ?? (folders.has(path) ? path : undefined)
}

/** Where the only file of that name is now. */
function movedTo({ byName }: Site, path: string): string | undefined {
  const name = basename(path)
  const found = byName.get(name) ?? []
  // A name that most folders have tells nothing.
  return found.length === 1 && !/^(index|readme)\./i.test(name) ? found[0] : undefined
}

function anchorHolds({ pages }: Site, path: string | undefined, anchor: string): boolean {
  const page = path === undefined ? undefined : pages.get(path)
  if (anchor === '' || !page) return true
  const name = decode(anchor)
  return page.anchors.has(name) || page.anchors.has(name.toLowerCase()) || name === 'top'
}

/** The only anchor that has the same letters. */
function nearAnchor({ pages }: Site, path: string, anchor: string): string | undefined {
  const letters = (text: string) =>
    decode(text)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]/gu, '')
  const wanted = letters(anchor)
  const found = [...(pages.get(path)?.anchors ?? [])].filter((name) => letters(name) === wanted)
  return found.length === 1 ? found[0] : undefined
}

const broken = (path: string, line: number, message: string): Finding => ({
  rule: 'broken-link',
  level: 'error',
  message: message.slice(0, 400),
  path: path.slice(0, 300),
  line,
})

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\\(?=[()[\]_*~`])/g, ''))
  } catch {
    return text // A percent sign that stands for itself.
  }
}

/** A text with the fixes of its page put in; everything else stays byte for byte. */
export function applyFixes(text: string, fixes: Fix[]): string {
  let result = text
  for (const { link, replacement } of fixes.toSorted((a, b) => b.link.start - a.link.start))
    result = result.slice(0, link.start) + replacement + result.slice(link.end)
  return result
}
