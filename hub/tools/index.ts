import type { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { defineServer } from '../../servers/kit/tool.ts'
import type { Embedding } from '../../servers/context/engine/embedder.ts'
import type { MeshIdentity } from '../auth/mesh-identity.ts'
import type { Seal } from '../auth/seal.ts'
import type { Upstreams } from '../upstreams/upstreams.ts'
import { approvalLinkTool } from './approval-links.ts'
import { auditList, auditVerify } from './audit.ts'
import type { Visible } from '../discovery/catalog.ts'
import { discoveryTools } from './discovery.ts'
import { hubRead } from './hub.ts'
import { loginLink, whoami } from './identity.ts'
import { peerTools } from './peers.ts'
import { serverChangeTools } from './server-changes.ts'
import type { OwnServer } from './servers.ts'
import { serverTools } from './servers.ts'
import { signInTools } from './sign-in.ts'
import { tokenCreate, tokenList, tokenRevoke } from './tokens.ts'

type Sources = {
  upstreams(): Upstreams
  visible(principal: Principal): Visible[]
  unserved(principal: Principal, name: string): HubError | undefined
  embedding(): Embedding | undefined
  seal(): Seal
  mesh(): MeshIdentity
  url(): string
  own(principal: Principal): OwnServer[]
  startedAt(): number
  /** Why switchyard.json is not in force as it is now. */
  configProblem(): string | undefined
}

export const makeHubServer = (sources: Sources) => {
  const { upstreams, seal, mesh, url } = sources
  return defineServer({
    name: 'hub',
    title: 'The hub itself',
    description: 'Who you are, credentials, servers and peers behind the hub, and the audit trail.',
    tools: [
      whoami,
      hubRead(sources),
      loginLink,
      tokenCreate,
      tokenList,
      tokenRevoke,
      auditList,
      auditVerify,
      approvalLinkTool(url),
      ...serverTools(sources),
      ...serverChangeTools(upstreams),
      ...signInTools(upstreams),
      ...peerTools({ upstreams, seal, mesh, url }),
      ...discoveryTools(sources),
    ],
  })
}

/** The same for their definitions alone, where no hub runs. */
export const describedHubServer = () => {
  const none = () => {
    throw new Error('no hub runs here: only definitions may be asked for')
  }
  return makeHubServer({
    ...{ upstreams: none, visible: none, embedding: none, seal: none, mesh: none, url: none },
    ...{ unserved: none, own: none, startedAt: none, configProblem: none },
  })
}
