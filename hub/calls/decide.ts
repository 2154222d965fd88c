import { HubError } from '../../schemas/errors.ts'
import type { ApprovalRule } from '../../schemas/config.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Scope } from '../../schemas/scope.ts'
import { roles } from '../../schemas/scope.ts'
import { matchesPattern } from './name-pattern.ts'
import type { Action, Authority, Decision, Subjects } from '../../servers/kit/authority.ts'

type Rules = { [A in Action]: (principal: Principal, subject: Subjects[A]) => Decision }

// What a pod may do before it holds a lease, and after it reported: nothing but these.
const beforeLease = new Set(['task_claim', 'whoami'])
const afterLease = new Set(['task_report', 'whoami'])

/** One rule for each action. What no rule allows is denied. */
const rules: Rules = {
  'tool.call': (principal, subject) => {
    const { name, lease } = subject
    const listed = rules['tool.list'](principal, subject)
    if (listed.kind !== 'allow') return listed
    const isFree = principal.attempt === undefined ? beforeLease : afterLease
    if (principal.kind === 'agent' && lease !== 'live' && !isFree.has(name))
      return deny(
        `${principal.id} may not call ${name}: the credential is not bound to a live lease that allows it`,
        'Claim the task first; a credential dies with its lease.',
      )
    if (!subject.approvals.some((rule) => asksFor(rule, principal, subject))) return allow
    return { kind: 'ask', question: `May ${principal.id} call ${name}?` }
  },
  /**
   * A peer reaches what is this hub's own: passed on to the next hub, its calls would go in circles
   * and further than anybody granted. An agent reaches the upstreams that its org gave to its agents.
   */
  'tool.list': (principal, { name, scope, granted = false }) => {
    if (principal.kind === 'hub' && scope === 'upstream:use')
      return deny(`${principal.id} may not call ${name}: a peer reaches only this hub's own tools`)
    if (principal.kind === 'agent' && scope === 'upstream:use' && granted) return allow
    if (hasScope(principal, scope)) return allow
    return deny(
      `${principal.id} may not call ${name}: it needs the scope ${scope}`,
      `Roles of this credential: ${principal.roles.join(', ')}. An owner can grant another role.`,
    )
  },
  'org.use': ({ id, orgs }, { org }) =>
    orgs.includes('*') || orgs.includes(org)
      ? allow
      : deny(
          `${id} does not belong to the org ${org}`,
          `Leave \`org\` out, or use one of: ${orgs.join(', ')}.`,
        ),
  'row.see': (principal, { org, task, repo }) => {
    const inOrg = rules['org.use'](principal, { org })
    if (inOrg.kind !== 'allow') return inOrg
    const { task: ownTask, repo: ownRepo, kind } = principal
    if (task !== undefined && ownTask !== undefined && task !== ownTask)
      return deny(`the credential of ${principal.id} is for ${ownTask} only`)
    if (repo !== undefined && kind === 'agent' && repo !== ownRepo)
      return deny(
        `the credential of ${principal.id} is not for ${repo}`,
        'An agent works on the repository of its task.',
      )
    return allow
  },
  /** A name under which another credential works leads to that one's lease, so it is not shared. */
  'agent.work': ({ id, kind }, { agent, owner }) => {
    if (kind === 'agent' && id !== agent)
      return deny(`the credential of ${id} cannot claim as ${agent}`)
    if (owner === undefined || owner === id) return allow
    return deny(
      `the agent name ${agent} belongs to another credential`,
      'Choose another name for this worker.',
    )
  },
  /** Any folder of the machine could be named, so an owner names it first; a task's agent goes there after. */
  'repository.add': ({ id, kind, roles, repo }, { org, path }) =>
    roles.includes('owner') || (kind === 'agent' && path === repo)
      ? allow
      : deny(
          `${id} may not bring ${path} into the org ${org}`,
          'An owner submits the first task on a repository; after that, its org may use it.',
        ),
  'workspace.use': ({ id, task: own }, { task }) =>
    own === undefined || own === task ? allow : deny(`the credential of ${id} is for ${own} only`),
  /** A change is judged by somebody else than who wrote it, and agents see none but their own. */
  'change.review': ({ kind }) =>
    kind === 'agent' ? deny('an agent does not review the change of its own task') : allow,
  /** Anybody may write on a public forge; what agents are set to work by is said by who may merge there. */
  'verdict.import': ({ id, kind }, { isMaintainer }) =>
    kind === 'service' && isMaintainer
      ? allow
      : deny(`${id} may not count the verdict of somebody who may not merge there`),
  'source.add': ({ id, roles: own }, { path, known }) =>
    known || own.includes('owner') || own.includes('controller')
      ? allow
      : deny(
          `${id} may not bring ${path} into the context store`,
          'An owner does it once; after that the org may bring it up to date.',
        ),
  'checklist.change': ({ kind }) =>
    kind === 'agent'
      ? deny('checklists belong to reviewers; an agent does not change them')
      : allow,
  /**
   * A program that is not isolated can read the owner's token, so whoever has it run there is the
   * owner in effect. A controller acts for whoever submitted the task, never by itself.
   */
  'pod.start': (principal, { cluster, isolation, reason, allowUnisolated, submitter }) => {
    if (isolation !== 'none') return allow
    const danger = `pods on ${cluster} are not isolated (${reason}), so a program there could read the owner's token`
    if (!allowUnisolated)
      return deny(
        danger,
        'Install bubblewrap or allow user namespaces, and restart the hub; or the owner accepts it with "allowUnisolated": true in switchyard.json, for work of owners only.',
      )
    const asking = [
      ...(principal.kind === 'service' ? [] : [principal]),
      ...(submitter === undefined ? [] : [submitter]),
    ]
    const isOwner = (who: Principal | 'unknown') => who !== 'unknown' && who.roles.includes('owner')
    if (asking.length > 0 && asking.every(isOwner)) return allow
    return deny(
      `${danger}: only owners may start work there`,
      'Have an owner submit it, or have bubblewrap installed on the machine of the hub.',
    )
  },
}

/** The only place where authority is decided: a pure function of who, what, and the facts about it. */
export function decide<A extends Action>(
  principal: Principal,
  action: A,
  subject: Subjects[A],
): Decision {
  return rules[action](principal, subject)
}

/** Whether a listing shows it. What may not be called is not shown. */
export const mayList = (principal: Principal, subject: Subjects['tool.list']): boolean =>
  decide(principal, 'tool.list', subject).kind === 'allow'

/** `decide` for one principal, as handlers use it. */
export const authorityOf = (principal: Principal): Authority => ({
  may: (action, subject) => decide(principal, action, subject).kind === 'allow',
  ensure: (action, subject) => {
    const decision = decide(principal, action, subject)
    if (decision.kind === 'allow') return
    throw decision.kind === 'deny' ? denied(decision) : denied({ reason: decision.question })
  },
})

/** A refusal as callers see it. */
export const denied = ({ reason, hint }: { reason: string; hint?: string }): HubError =>
  new HubError('denied', reason, hint === undefined ? {} : { hint })

/**
 * Reads, and calls of the hub's own controllers, wait only where a rule names that effect or kind. What
 * carries a task on, and the answer itself, never do: nothing would ever go on again.
 */
function asksFor(
  rule: ApprovalRule,
  principal: Principal,
  subject: Subjects['tool.call'],
): boolean {
  const { scope, name, effect } = subject
  if (scope === 'approval:decide' || scope === 'task:work') return false
  if (rule.effect === undefined ? effect === 'read' : rule.effect !== effect) return false
  if (rule.kind === undefined ? principal.kind === 'service' : rule.kind !== principal.kind)
    return false
  return (
    matchesPattern(name, rule.tool) && (rule.org === undefined || principal.orgs.includes(rule.org))
  )
}

const allow: Decision = { kind: 'allow' }
const deny = (reason: string, hint?: string): Decision => ({
  kind: 'deny',
  reason,
  ...(hint === undefined ? {} : { hint }),
})

const hasScope = (principal: Principal, scope: Scope): boolean =>
  principal.roles.some((role) => (roles[role] as readonly Scope[]).includes(scope))
