import type { Approval } from '../../schemas/approval.ts'
import { HubError, httpStatus } from '../../schemas/errors.ts'
import type { ApprovalLink } from '../../servers/orchestration/store/approval-links.ts'
import { readLink } from '../../servers/orchestration/store/approval-links.ts'
import { stillStands } from '../auth/standing.ts'
import { style } from './approval-page-style.ts'
import { escaped, htmlHeaders, htmlPage } from './html.ts'
import type { HttpParts } from './parts.ts'

/** The page holds text, forms and its style: no script, nothing from elsewhere. */
export const pageHeaders = htmlHeaders(style, 'self')

type Parts = Pick<HttpParts, 'calls' | 'now' | 'store'>
type Page = { status: 200 | 400 | 403 | 404 | 409 | 500; html: string }

/** The question that a link leads to, in full, with the forms that answer it. Looking decides nothing. */
export async function showQuestion(hub: Parts, token: string): Promise<Page> {
  return withLink(hub, token, async (link) => {
    const asked = await read(hub, link)
    return asked.state === 'pending' ? question(asked, link, hub.now()) : answered(asked)
  })
}

/** Takes the answer of a form under the authority of who made the link. The approval is answered once. */
export async function takeAnswer(
  hub: Parts,
  token: string,
  form: () => Promise<string>,
): Promise<Page> {
  return withLink(hub, token, async (link) => {
    const fields = new URLSearchParams(await form()) // Read for nobody who has no link.
    const [reason, scope] = [fields.get('reason')?.trim(), fields.get('scope')]
    await hub.calls.tool(link.principal, 'approval_decide', {
      approval: link.approval,
      decision: fields.get('decision'),
      ...(reason ? { reason } : {}),
      ...(scope === null ? {} : { scope }),
    })
    return answered(await read(hub, link))
  })
}

async function withLink(
  hub: Parts,
  token: string,
  use: (link: ApprovalLink) => Promise<Page>,
): Promise<Page> {
  const link = await readLink(hub.store.reader, token, hub.now())
  if (!link)
    return message(404, 'This link is not known', 'It is older than it may be, or never was one.')
  if (!(await stillStands(hub.store.reader, link.principal, hub.now())))
    return message(403, 'This link has ended', `${link.principal.id} may not answer any more.`)
  try {
    return await use(link)
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    const status = statuses.find((known) => known === httpStatus[error.code]) ?? 500
    const title = error.code === 'conflict' ? 'Answered already' : 'Not answered'
    return message(status, title, `${error.message}. ${error.hint ?? ''}`)
  }
}

const statuses = [400, 403, 404, 409] as const

async function read(hub: Parts, { principal, approval }: ApprovalLink): Promise<Approval> {
  const listed = await hub.calls.tool(principal, 'approval_list', { approval })
  const [asked] = (listed as { items: Approval[] }).items // The tool's output.
  if (asked) return asked
  throw new HubError('not_found', `there is no approval ${approval}`)
}

function question(asked: Approval, { principal, expiresAt }: ApprovalLink, now: number): Page {
  const { arguments: args, diff, preview, cut, ...others } = asked.details
  const change = diff ?? preview
  const given = isFields(args) ? args : args === undefined ? {} : { arguments: args }
  const details = { ...others, ...given }
  const shown = Object.keys(details).length === 0 ? '' : `<h2>Details</h2>${table(details)}`
  const facts = {
    'Asked by': asked.askedBy,
    ...(asked.task === undefined ? {} : { Task: asked.task }),
    ...(asked.org === 'default' ? {} : { Org: asked.org }),
    Answer: `as ${principal.id}, within ${hours(expiresAt - now)}`,
  }
  const scopes = [
    ['once', 'This once'],
    ...(asked.task === undefined ? [] : [['task', 'For this task']]),
    ['rule', 'Always, for such callers'],
  ]
  const options = scopes.map(([value, name]) => `<option value="${value}">${name}</option>`)
  const body = `<main><h1>${escaped(asked.question)}</h1>
${table(facts)}
${cut === true ? '<p class="warn">Not everything is shown: it is too long. Look in the dashboard or deny it if in doubt.</p>' : ''}
${shown}
${typeof change === 'string' ? `<h2>What it would change</h2><pre class="diff">${change.split('\n').map(line).join('')}</pre>` : ''}
<form method="post"><input type="hidden" name="decision" value="approve">
${asked.kind === 'call' ? `<label>How far the yes reaches <select name="scope">${options.join('')}</select></label>` : ''}
<button class="yes">Approve</button></form>
<form method="post"><input type="hidden" name="decision" value="deny">
<label>Why not <textarea name="reason" rows="2" maxlength="2000" required></textarea></label>
<button class="no">Deny</button></form></main>`
  return { status: 200, html: htmlPage(asked.question, style, body) }
}

const answered = ({ state, decidedBy, reason, question: text }: Approval): Page => {
  const by = decidedBy === undefined ? '' : ` by ${decidedBy}`
  const why = reason === undefined ? '' : `: ${reason}`
  return message(200, words[state], `${text} It is ${state}${by}${why}. You can close this page.`)
}

const words = {
  pending: 'Open',
  approved: 'Approved',
  denied: 'Denied',
  expired: 'Expired',
  void: 'Taken back',
}

const message = (status: Page['status'], title: string, text: string): Page => ({
  status,
  html: htmlPage(
    title,
    style,
    `<main class="short"><h1>${escaped(title)}</h1><p>${escaped(text)}</p></main>`,
  ),
})

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const table = (fields: Record<string, unknown>): string =>
  `<dl>${rowsOf(fields, '')
    .map(([name, text]) => `<dt>${escaped(name)}</dt><dd>${textHtml(text)}</dd>`)
    .join('')}</dl>`

const lineChars = 60

/** Fields of a field are rows of their own, so that a text in them keeps its lines. */
function rowsOf(fields: Record<string, unknown>, prefix: string): [string, string][] {
  return Object.entries(fields).flatMap(([key, value]): [string, string][] => {
    const name = prefix + key
    if (typeof value === 'string') return [[name, value]]
    if (isFields(value) && Object.keys(value).length > 0) return rowsOf(value, `${name}.`)
    const short = JSON.stringify(value)
    return [[name, short.length > lineChars ? JSON.stringify(value, null, 2) : short]]
  })
}

const textHtml = (text: string): string =>
  text.includes('\n') ? `<pre>${escaped(text)}</pre>` : escaped(text)

const line = (text: string): string => {
  const kind = text.startsWith('+') ? 'added' : text.startsWith('-') ? 'removed' : ''
  return `<span class="${text.startsWith('@@') ? 'hunk' : kind}">${escaped(text)}\n</span>`
}

const hours = (ms: number): string =>
  ms < 3_600_000 ? `${Math.ceil(ms / 60_000)} min` : `${Math.floor(ms / 3_600_000)} h`
