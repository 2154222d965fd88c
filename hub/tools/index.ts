import { defineServer } from '../../servers/kit/tool.ts'
import { auditList, auditVerify } from './audit.ts'
import { loginLink, whoami } from './identity.ts'
import { tokenCreate, tokenList, tokenRevoke } from './tokens.ts'

export const hubServer = defineServer({
  name: 'hub',
  title: 'The hub itself',
  description: 'Who you are, credentials, and the audit trail.',
  tools: [whoami, loginLink, tokenCreate, tokenList, tokenRevoke, auditList, auditVerify],
})
