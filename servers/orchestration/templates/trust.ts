import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'
import { Org } from '../../../schemas/principal.ts'
import { Template } from '../../../schemas/template.ts'
import { orgFor } from '../../kit/context.ts'
import { repositoryAt } from '../../kit/repositories.ts'
import { defineTool } from '../../kit/tool.ts'
import type { TrustedRow } from '../store/trusted-templates.ts'
import { listTrusted, replaceTrusted } from '../store/trusted-templates.ts'
import { commitOf, readTemplates, templatesDiff } from './files.ts'
import { paramsSchema } from './params.ts'
import { describeTrusted, maxListed } from './trusted.ts'

export const templateTrust = defineTool({
  name: 'template_trust',
  title: 'Trust the templates of a repository',
  description:
    'Lets an org submit tasks from the templates that a repository holds in `.switchyard/templates` at one commit, in place of those it trusted there before. Look first with `dry_run`, which shows what changed; a commit without templates, or `trust` false, takes the trust back.',
  effect: 'update',
  scope: 'admin',
  idempotent: true,
  input: {
    repo: z.string().max(4096).describe('Absolute path of the repository on the hub machine'),
    ref: z
      .string()
      .max(200)
      .optional()
      .describe('Commit to trust, or a branch or tag that names it; default: what is checked out'),
    trust: z.boolean().default(true).describe('False takes the trust back'),
    org: Org.optional().describe('Org that may use them; default: your own'),
    dry_run: z.boolean().default(false).describe('Only show what would be trusted'),
  },
  output: z.object({
    repo: z.string(),
    org: z.string(),
    commit: z.string(),
    templates: z.array(Template),
    diff: z.string().describe('What differs from what was trusted before'),
    changed: z.boolean(),
  }),
  run: async ({ repo, ref, trust, org: asked, dry_run: dryRun }, ctx) => {
    const org = orgFor(ctx, asked)
    const path = await repositoryAt(ctx, repo)
    ctx.ensure('template.trust', { org, repo: path })
    const commit = await commitOf(path, ref)
    const found = trust ? await readTemplates(path, commit) : []
    const before = await listTrusted(ctx.reader, { orgs: [org], repo: path, limit: maxListed })
    if (trust && found.length === 0 && before.length === 0)
      throw new HubError('not_found', `${path} has no templates at ${commit.slice(0, 10)}`, {
        hint: 'They are YAML files in .switchyard/templates, committed. docs/templates.md shows one.',
      })
    for (const { definition } of found) paramsSchema(definition) // Refuses a default that does not fit.
    const rows = found.map(({ path: file, body, digest, definition }): TrustedRow => ({
      org,
      repo: path,
      name: definition.name,
      path: file,
      commit_hash: commit,
      digest,
      body,
      trusted_by: ctx.principal.id,
      trusted_at: ctx.now(),
    }))
    const text = (all: TrustedRow[]) =>
      all
        .map((row) => `${row.path} ${row.digest}`)
        .sort()
        .join('\n')
    const changed = text(rows) !== text(before)
    const diff = trust ? await templatesDiff(path, before[0]?.commit_hash, commit) : ''
    if (!dryRun)
      await ctx.transaction(async (tx) => {
        tx.about(path)
        await replaceTrusted(tx, { org, repo: path }, rows)
      })
    return { repo: path, org, commit, templates: rows.map(describeTrusted), diff, changed }
  },
})
