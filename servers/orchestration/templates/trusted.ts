import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'
import type { Template, TrustedTask } from '../../../schemas/template.ts'
import type { Context } from '../../kit/context.ts'
import type { TrustedRow } from '../store/trusted-templates.ts'
import { listTrusted } from '../store/trusted-templates.ts'
import { checkedParams, noTemplate } from './catalogue.ts'
import { commitOf, fileAt, parseTemplate, templatesDiff } from './files.ts'
import { paramsSchema } from './params.ts'

export const maxListed = 200
const prefix = 'repo:'

/** The name without the mark that it is a repository's. */
const plainName = (name: string): string =>
  name.startsWith(prefix) ? name.slice(prefix.length) : name

/** A trusted template by its name: of the given repository, or of the only one that has it. */
export async function findTrusted(
  ctx: Context,
  asked: { name: string; orgs: string[] | undefined; repo: string | undefined },
): Promise<TrustedRow> {
  const { orgs, repo } = asked
  const name = plainName(asked.name)
  const found = await listTrusted(ctx.reader, { orgs, repo, name, limit: 20 })
  const seen = found.filter((row) => ctx.may('row.see', { org: row.org, repo: row.repo }))
  const [row, second] = seen
  if (row && !second) return row
  if (second)
    throw new HubError('ambiguous', `${seen.length} repositories have a template ${name}`, {
      hint: `Pass \`repo\`: ${seen.map((one) => one.repo).join(', ')}.`,
    })
  const known = await listTrusted(ctx.reader, { orgs, repo, limit: maxListed })
  const names = known
    .filter((one) => ctx.may('row.see', { org: one.org, repo: one.repo }))
    .map((one) => prefix + one.name)
  throw noTemplate(
    asked.name,
    names,
    asked.name.startsWith(prefix)
      ? `Trusted templates: ${names.join(', ') || 'none'}. An owner trusts those of a repository with template_trust.`
      : undefined,
  )
}

/**
 * What a task of a trusted template is given: the definition as it was trusted, whatever the repository
 * holds by then. Where the file is another one at the commit that the task starts from, it is refused:
 * who changed it would else be surprised by the old one, and nobody has looked at the new one.
 */
export async function applyTrusted(
  row: TrustedRow,
  given: Record<string, unknown>,
): Promise<TrustedTask> {
  const { ref, ...values } = given
  if (ref !== undefined && typeof ref !== 'string')
    throw new HubError('invalid', `template ${prefix}${row.name}: ref: it has to be a text`)
  const checked = checkTrusted(row, values)
  await assertUnchanged(row, await commitOf(row.repo, ref))
  return {
    ...checked,
    source: { path: row.path, commit: row.commit_hash, digest: row.digest },
    ...(ref === undefined ? {} : { ref }),
  }
}

/** The definition as it was trusted, with the parameters that it accepts. */
export function checkTrusted(
  row: TrustedRow,
  values: Record<string, unknown>,
): Pick<TrustedTask, 'definition' | 'values'> {
  const { definition } = parseTemplate(row.path, row.body)
  const checked = checkedParams(prefix + row.name, paramsSchema(definition), values)
  return { definition, values: checked as TrustedTask['values'] } // As paramsSchema builds it.
}

async function assertUnchanged(row: TrustedRow, commit: string): Promise<void> {
  if (commit === row.commit_hash) return
  const body = await fileAt(row.repo, commit, row.path)
  if (body === row.body) return
  const diff = (await templatesDiff(row.repo, row.commit_hash, commit)).slice(0, 4000)
  throw new HubError(
    'conflict',
    `the template ${prefix}${row.name} is not the one that was trusted at ${row.commit_hash.slice(0, 10)}: ${row.path} ${body === undefined ? 'is gone' : 'was changed'} at ${commit.slice(0, 10)}\n${diff}`,
    {
      hint: `An owner looks at it and says: template_trust, repo ${row.repo}, ref ${commit}. Or start from the trusted commit with \`ref\`.`,
      details: { trusted: row.commit_hash, found: commit, diff },
    },
  )
}

/** A trusted template as listings show it. */
export function describeTrusted(row: TrustedRow): Template {
  return {
    name: prefix + row.name,
    kind: 'repository',
    ...definedBy(row),
    needsRepo: true,
    needsModel: false,
    opensChange: false,
    repo: row.repo,
    commit: row.commit_hash,
    digest: row.digest,
    trustedBy: row.trusted_by,
    trustedAt: row.trusted_at,
  }
}

/** A text that a later version of the hub no longer takes spoils its own entry, not the list. */
function definedBy(row: TrustedRow): Pick<Template, 'title' | 'description' | 'params'> {
  try {
    const { definition } = parseTemplate(row.path, row.body)
    const schema = z.toJSONSchema(paramsSchema(definition), { io: 'input' })
    const { $schema: _dialect, ...params } = schema
    return { title: definition.title, description: definition.description, params }
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    return { title: row.name, description: `Cannot be used: ${error.message}`, params: {} }
  }
}
