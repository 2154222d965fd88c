import type { Change, ChangeComment, ChangeReview, Revision } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import type { LogChunk } from '../../schemas/log.ts'
import type { Task } from '../../schemas/task.ts'
import { SpecTarget, NoteTarget } from '../../schemas/task-knowledge.ts'
import { sourcesCalled } from '../../servers/context/store/sources.ts'
import type { ControllerContext } from './context.ts'
import { follow } from './follow.ts'

type Discussion = {
  change: Change
  revisions: Revision[]
  comments: ChangeComment[]
  reviews: ChangeReview[]
}

const logBytes = 8192
const keptMs = 20_000

/**
 * What is learned becomes context for what comes next. A task's repository is in the index before its
 * agent asks; a merged change ticks the spec and brings the repository up to date; finished tasks,
 * changes and decisions are kept as documents; a task that names a note has its result written there.
 */
export function knowledge(context: ControllerContext): Promise<void> {
  const { call, config } = context
  const isAuto = () => config().file.context.auto
  const keep = async (org: string, kind: string, uri: string, document: object) => {
    if (!isAuto()) return
    const documents = [document]
    const asked = { kind, uri, name: uri, org, documents, wait_ms: keptMs }
    const { done } = await call<{ done: boolean }>('context_ingest', asked)
    // An event is done with when its document is kept: until then it is tried again.
    if (!done) throw new HubError('unavailable', `${uri} of ${org} is not kept yet`)
  }
  return follow(context, 'knowledge', async (event) => {
    const { kind, org, task, subject } = event
    const { template } = event.data
    if (kind === 'task.queued' && template === 'code' && isAuto())
      await readRepository(context, org, subject)
    // An agent adds no source, so the one that a task is there to read is made for it.
    if (kind === 'task.queued' && template === 'index')
      await readRepository(context, org, subject, { isNew: true })
    if (kind === 'change.merged') {
      const discussion = await call<Discussion>('change_read', { change: subject, max_bytes: 0 })
      await keep(org, 'change', 'changes', {
        path: `${subject}.md`,
        text: changeText(discussion),
        revision: discussion.change.mergedAs ?? '',
      })
      if (task !== undefined) await afterMerge(context, task, discussion.change)
    }
    if (kind === 'change.reviewed' && typeof event.data.review === 'string') {
      const document = await reviewOf(context, subject, event.data.review)
      if (document) await keep(org, 'decision', 'decisions', document)
    }
    if (kind === 'task.succeeded' || kind === 'task.failed') {
      const { task: done } = await call<{ task: Task }>('task_read', { task: subject })
      const { items } = await call<{ items: LogChunk[] }>('task_log', {
        task: subject,
        tail: 200,
        max_bytes: 65_536,
      })
      await keep(org, 'log', 'tasks', {
        path: `${subject}.md`,
        text: taskText(done, items),
        revision: `attempt ${done.attempts}`,
      })
      if (kind === 'task.succeeded') await writeNote(context, done)
    }
  })
}

async function readRepository(
  { call, store }: ControllerContext,
  org: string,
  id: string,
  only: { isNew?: boolean } = {},
): Promise<void> {
  const { repo } = (await call<{ task: Task }>('task_read', { task: id })).task
  if (repo === undefined) return
  const known = only.isNew ? await sourcesCalled(store.reader, repo) : []
  if (known.some((source) => source.org === org && source.kind === 'repo')) return
  await call('context_ingest', { kind: 'repo', uri: repo, org, wait_ms: 0 })
}

/** Ticks the task's line in the spec, with the merge as evidence, and reads the repository again. */
async function afterMerge(
  { call, config, log }: ControllerContext,
  id: string,
  change: Change,
): Promise<void> {
  const { task } = await call<{ task: Task }>('task_read', { task: id })
  if (task.repo === undefined) return
  if (config().file.context.auto)
    await call('context_ingest', { kind: 'repo', uri: task.repo, org: task.org, wait_ms: 0 })
  const target = SpecTarget.safeParse(task.params.spec)
  if (!target.success) return
  const { feature, project, tasks } = target.data
  try {
    const evidence = {
      change: change.id,
      ...(change.mergedAs === undefined ? {} : { commit: change.mergedAs }),
    }
    await call('spec_task_update', {
      repo: task.repo,
      project,
      feature,
      tasks,
      state: 'done',
      evidence,
    })
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    log.warn({ task: id, why: error.message }, 'the spec could not be ticked')
  }
}

/** Adds the result to the note that the task names, once: the line that ends it names the task. */
async function writeNote({ call, log }: ControllerContext, task: Task): Promise<void> {
  const target = NoteTarget.safeParse(task.params.note)
  if (!target.success) return
  const { vault, path, heading } = target.data
  const where = { path, ...(vault === undefined ? {} : { vault }) }
  const content = `- ${task.title}: ${task.result?.summary ?? 'done'} (\`${task.id}\`)`.replace(
    /\n+/g,
    ' ',
  )
  try {
    const note = await call<{ text: string }>('note_read', { ...where, max_chars: 100_000 }).catch(
      (error: unknown) => {
        if (error instanceof HubError && error.code === 'not_found') return undefined
        throw error
      },
    )
    if (note?.text.includes(task.id)) return
    if (!note)
      await call('note_create', {
        ...where,
        content: heading ? `## ${heading}\n\n${content}\n` : `${content}\n`,
      })
    else
      await call('note_patch', {
        ...where,
        op: 'append',
        content,
        ...(heading ? { heading: [heading], create_heading: true } : {}),
      })
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    log.warn({ task: task.id, note: path, why: error.message }, 'the note could not be written')
  }
}

/** A review as a document, or nothing when it is not there. */
async function reviewOf({ call }: ControllerContext, subject: string, review: string) {
  const { change, reviews } = await call<Discussion>('change_read', {
    change: subject,
    max_bytes: 0,
  })
  const found = reviews.find(({ id }) => id === review)
  if (!found) return undefined
  const verdict = found.verdict === 'accept' ? 'Accepted' : 'Changes requested'
  const text = `# ${verdict}: ${change.title}\n\n${found.reviewer} on revision ${found.revision} of ${change.id}:\n\n${found.body}\n`
  return { path: `${review}.md`, text, revision: change.id }
}

const changeText = ({ change, revisions, comments, reviews }: Discussion): string =>
  [
    `# ${change.title}`,
    change.body,
    ...revisions.map(
      ({ number, summary, filesChanged, additions, deletions }) =>
        `## Revision ${number}\n\n${summary}\n\n${filesChanged} files, +${additions} -${deletions}`,
    ),
    ...(comments.length + reviews.length > 0 ? ['## Discussion'] : []),
    ...reviews.map(({ reviewer, verdict, body }) => `- ${reviewer} (${verdict}): ${body}`),
    ...comments.map(
      ({ author, path, line, body }) =>
        `- ${author}${path ? ` on ${path}${line ? `:${line}` : ''}` : ''}: ${body}`,
    ),
  ].join('\n\n')

function taskText(
  { title, template, params, state, result, failure }: Task,
  log: LogChunk[],
): string {
  const goal =
    typeof params.goal === 'string'
      ? params.goal
      : typeof params.command === 'string'
        ? `\`${params.command}\``
        : ''
  const output = log
    .map(({ encoding, data }) => (encoding === 'utf8' ? data : ''))
    .join('')
    .slice(-logBytes)
  return [
    `# ${title}`,
    `${template}, ${state}. ${goal}`,
    ...(result ? [`## Result\n\n${result.summary}`] : []),
    ...(failure ? [`## Failure\n\n${failure.code}: ${failure.message}`] : []),
    ...(output.trim() === '' ? [] : [`## End of the log\n\n${output}`]),
  ].join('\n\n')
}
