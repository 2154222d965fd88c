import { z } from 'zod'
import { Org } from '../../../schemas/principal.ts'
import { Template } from '../../../schemas/template.ts'
import type { Context } from '../../kit/context.ts'
import { orgFilter } from '../../kit/context.ts'
import { defineTool } from '../../kit/tool.ts'
import { listTrusted } from '../store/trusted-templates.ts'
import { templatesText } from '../texts.ts'
import { describeBuiltIn, isBuiltIn, templateNames } from './catalogue.ts'
import { describeTrusted, findTrusted, maxListed } from './trusted.ts'

const repoInput = z
  .string()
  .max(4096)
  .optional()
  .describe('Repository whose templates are meant, by path')

export const templateList = defineTool({
  name: 'template_list',
  title: 'List templates',
  description:
    'Lists the kinds of task that can be submitted, with their parameters: those of the hub, and those of repositories that an owner trusted. Use it before task_submit when unsure which template fits.',
  effect: 'read',
  scope: 'task:read',
  input: {
    org: Org.optional().describe('Only templates that this org trusts, beside those of the hub'),
    repo: repoInput,
  },
  output: z.object({ items: z.array(Template) }),
  text: templatesText,
  run: async ({ org, repo }, ctx) => {
    const rows = await listTrusted(ctx.reader, {
      orgs: orgFilter(ctx, org),
      repo,
      limit: maxListed,
    })
    const seen = rows.filter((row) => maySee(ctx, row))
    return { items: [...templateNames.map(describeBuiltIn), ...seen.map(describeTrusted)] }
  },
})

export const templateRead = defineTool({
  name: 'template_read',
  title: 'Read a template',
  description:
    'Shows one template with the JSON Schema of its parameters, and for one of a repository the commit that was trusted. Use template_list to find its name.',
  effect: 'read',
  scope: 'task:read',
  input: {
    name: z.string().max(60).describe('Template name, such as ci or repo:build-site'),
    repo: repoInput,
  },
  output: Template,
  run: async ({ name, repo }, ctx) =>
    isBuiltIn(name)
      ? describeBuiltIn(name)
      : describeTrusted(await findTrusted(ctx, { name, repo, orgs: orgFilter(ctx, undefined) })),
})

const maySee = (ctx: Context, { org, repo }: { org: string; repo: string }): boolean =>
  ctx.may('row.see', { org, repo })
