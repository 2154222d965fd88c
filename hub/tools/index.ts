import type { Principal } from '../../schemas/principal.ts'
import { defineServer } from '../../servers/kit/tool.ts'
import type { Upstreams } from '../upstreams/upstreams.ts'
import { auditList, auditVerify } from './audit.ts'
import type { Visible } from './discovery.ts'
import { discoveryTools } from './discovery.ts'
import { loginLink, whoami } from './identity.ts'
import { serverTools } from './servers.ts'
import { signInTools } from './sign-in.ts'
import { tokenCreate, tokenList, tokenRevoke } from './tokens.ts'

type Sources = { upstreams(): Upstreams; visible(principal: Principal): Visible[] }

export const makeHubServer = ({ upstreams, visible }: Sources) =>
  defineServer({
    name: 'hub',
    title: 'The hub itself',
    description: 'Who you are, credentials, and the audit trail.',
    tools: [
      whoami,
      loginLink,
      tokenCreate,
      tokenList,
      tokenRevoke,
      auditList,
      auditVerify,
      ...serverTools(upstreams),
      ...signInTools(upstreams),
      ...discoveryTools(visible),
    ],
  })
