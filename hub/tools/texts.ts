import type { AuditItem } from '../../schemas/audit.ts'
import type { Page } from '../../servers/kit/page.ts'
import { instantText, tableText } from '../../servers/kit/table.ts'

// What a model reads of the hub's own lists.

export const auditText = (page: Page<AuditItem>): string =>
  tableText(page, {
    seq: ({ seq }) => seq,
    at: ({ at }) => instantText(at),
    principal: ({ principal }) => principal,
    tool: ({ tool }) => tool,
    outcome: ({ outcome }) => outcome,
    subject: ({ subject }) => subject,
    args: ({ args }) => (args === '{}' ? '' : args),
  })

const shownTokens = 60

export const tokensText = ({
  items,
}: {
  items: {
    id: string
    principal: string
    label: string
    roles: string[]
    orgs: string[]
    createdAt: number
    expiresAt?: number | undefined
  }[]
}): string =>
  tableText(
    { items },
    {
      id: ({ id }) => id,
      principal: ({ principal }) => principal,
      label: ({ label, principal }) => (label === principal ? '' : label),
      roles: ({ roles }) => roles.join(' '),
      orgs: ({ orgs }) => orgs.join(' '),
      created: ({ createdAt }) => instantText(createdAt),
      expires: ({ expiresAt }) => (expiresAt === undefined ? 'never' : instantText(expiresAt)),
    },
    shownTokens,
  )
