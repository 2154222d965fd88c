import type { Rules } from './rule.ts'
import { allow, deny } from './rule.ts'

/** The rules about what owners do first, or alone, which need no other rule. */
export const ownerRules = {
  'change.force': ({ id, roles: own }, { change }) =>
    own.includes('owner')
      ? allow
      : deny(
          `${id} may not force the merge of ${change}`,
          'An owner may; or have what speaks against it settled.',
        ),
  'source.add': ({ id, roles: own }, { path, known }) =>
    known || own.includes('owner') || own.includes('controller')
      ? allow
      : deny(
          `${id} may not bring ${path} into the context store`,
          'An owner does it once; after that the org may bring it up to date.',
        ),
  /** A kubeconfig can name programs, which run as the hub, so whoever picks one is the owner in effect. */
  'cluster.change': ({ id, kind, roles: own }, { cluster }) =>
    kind === 'user' && own.includes('owner')
      ? allow
      : deny(`${id} may not add, renew or remove the cluster ${cluster}`, 'An owner does.'),
} satisfies Partial<Rules>
