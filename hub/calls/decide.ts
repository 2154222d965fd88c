import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Scope } from '../../schemas/scope.ts'
import { roles } from '../../schemas/scope.ts'
import type { Action, Authority, Decision, Subjects } from '../../servers/kit/authority.ts'
import { ruleOn } from './approval-rules.ts'
import { callerText, chatRule, conversationRules } from './chat-rules.ts'
import type { Rules } from './rule.ts'
import { allow, deny } from './rule.ts'
import { ownerRules } from './owner-rules.ts'
import { workRules } from './work-rules.ts'

// What a pod may do before it holds a lease, and after it reported: nothing but these.
const beforeLease = new Set(['task_claim', 'whoami'])
const afterLease = new Set(['task_report', 'whoami'])
// How an agent has parts of its task done by others; the rest of `task:write` is not for agents.
const delegation = new Set(['task_submit', 'task_cancel'])

/** One rule for each action. What no rule allows is denied. */
const rules: Rules = {
  'tool.call': (principal, subject) => {
    const { name, lease } = subject
    const listed = rules['tool.list'](principal, subject)
    if (listed.kind !== 'allow') return listed
    const inChat = chatRule(principal, subject)
    if (inChat.kind !== 'allow') return inChat
    const isFree = principal.attempt === undefined ? beforeLease : afterLease
    if (principal.kind === 'agent' && lease !== 'live' && !isFree.has(name))
      return deny(
        `${principal.id} may not call ${name}: the credential is not bound to a live lease that allows it`,
        'Claim the task first; a credential dies with its lease.',
      )
    // No controller gives away money: a person sees what it asks for, and says so.
    if (principal.kind === 'service' && name === 'budget_set')
      return { kind: 'ask', question: 'A budget is spent. May it be raised as asked?' }
    switch (ruleOn(principal, subject)) {
      case 'allow':
        return allow
      case 'ask':
        return { kind: 'ask', question: `May ${callerText(principal)} call ${name}?` }
      case 'deny':
        return deny(
          `${principal.id} may not call ${name}: a rule of this hub refuses it`,
          'The rules are `approvals` in switchyard.json; its owner can change them.',
        )
    }
  },
  /**
   * A peer reaches what is this hub's own: passed on to the next hub, its calls would go in circles
   * and further than anybody granted. An agent reaches the upstreams that its org gave to its agents.
   */
  'tool.list': (principal, { name, scope, granted = false }) => {
    if (principal.kind === 'hub' && scope === 'upstream:use')
      return deny(`${principal.id} may not call ${name}: a peer reaches only this hub's own tools`)
    if (principal.kind === 'agent' && scope === 'upstream:use' && granted) return allow
    if (principal.kind === 'agent' && delegation.has(name)) return allow
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
  'row.see': (principal, { org, task, parent, isHanded = false, repo }) => {
    const inOrg = rules['org.use'](principal, { org })
    if (inOrg.kind !== 'allow') return inOrg
    const { task: ownTask, repo: ownRepo, kind } = principal
    const isOwn = isHanded || task === ownTask || (parent !== undefined && parent === ownTask)
    if (task !== undefined && ownTask !== undefined && !isOwn)
      return deny(`the credential of ${principal.id} is for ${ownTask} only`)
    if (repo !== undefined && kind === 'agent' && repo !== ownRepo)
      return deny(
        `the credential of ${principal.id} is not for ${repo}`,
        'An agent works on the repository of its task.',
      )
    return allow
  },
  ...workRules,
  ...ownerRules,
  ...conversationRules,
  /**
   * Nobody but an owner approves what he asks for himself, and he only where his org lets him: on a
   * machine of one person there is nobody else. Anybody may take back what he asked for, by a no.
   */
  'approval.answer': ({ id, kind, roles: own }, asked) => {
    if (kind === 'agent') return deny('an agent does not answer what people are asked')
    if (asked.decision === 'deny' || asked.askedBy !== id) return allow
    if (!asked.selfApproval)
      return deny(
        `${id} asked for this and may not approve it`,
        'Somebody else of the org has to; `selfApproval` of the org says so in switchyard.json.',
      )
    if (asked.kind === 'question' || own.includes('owner')) return allow
    return deny(
      `${id} made this call and may not approve it`,
      'Somebody else who may decide has to; only owners approve calls of their own.',
    )
  },
  /** An agent sees the change of its own task, and the one that its task is to review. */
  'change.see': (principal, { org, change, task }) =>
    principal.kind === 'agent' && principal.reviews === change
      ? rules['org.use'](principal, { org })
      : rules['row.see'](principal, { org, task: task ?? '' }),
  /** A change is judged by somebody else than who wrote it: an agent, only by the one it was set to review. */
  'change.review': ({ id, kind, reviews, task: own }, { change, task }) => {
    if (kind !== 'agent') return allow
    if (own === task) return deny('an agent does not review the change of its own task')
    return reviews === change
      ? allow
      : deny(
          `${id} may not review ${change}: its task is not to review that one`,
          'Submit a task of the template review that names it.',
        )
  },
  /** A controller carries on what somebody began, and only on that one's authority. */
  'task.delegate': ({ id, kind }, { of }) =>
    kind === 'service' ? allow : deny(`${id} may not submit a task for who submitted ${of}`),
  /** Anybody may write on a public forge; what agents are set to work by is said by who may merge there. */
  'verdict.import': ({ id, kind }, { isMaintainer }) =>
    kind === 'service' && isMaintainer
      ? allow
      : deny(`${id} may not count the verdict of somebody who may not merge there`),
  /** What a repository defines is run later by others, so a person answers for having looked at it. */
  'template.trust': (principal, { org, repo }) => {
    const inOrg = rules['org.use'](principal, { org })
    if (inOrg.kind !== 'allow') return inOrg
    return principal.kind === 'user' && principal.roles.includes('owner')
      ? allow
      : deny(`${principal.id} may not trust the templates of ${repo}`, 'An owner does it.')
  },
  'checklist.change': ({ kind }) =>
    kind === 'agent'
      ? deny('checklists belong to reviewers; an agent does not change them')
      : allow,
  /** A trigger acts on the authority of who made it, so nobody else has it do something but an owner. */
  'trigger.change': (principal, { org, maker }) => {
    const inOrg = rules['org.use'](principal, { org })
    if (inOrg.kind !== 'allow') return inOrg
    const { id, kind, roles: own } = principal
    if (kind === 'agent')
      return deny(`${id} may not set up triggers: its authority ends with its task`)
    if (id === maker || own.includes('owner')) return allow
    return deny(
      `${id} may not change or run a trigger that acts on the authority of ${maker}`,
      'Who made it does, or an owner; or create one of your own.',
    )
  },
  /** Who may submit a task says what it may spend; what all of an org may spend, its owner says. */
  'budget.set': (principal, { scope, org }) => {
    const inOrg = rules['org.use'](principal, { org })
    if (inOrg.kind !== 'allow') return inOrg
    const { id, kind, roles: own } = principal
    if (kind === 'agent') return deny(`${id} may not change budgets: an agent works within them`)
    if (scope !== 'org' || own.includes('owner') || own.includes('controller')) return allow
    return deny(
      `${id} may not change the budget of the org ${org}`,
      'An owner does; whoever may submit tasks may change that of a task or plan.',
    )
  },
  /**
   * A program that is not isolated can read the owner's token, so whoever has it run there is the
   * owner in effect. A controller acts for whoever submitted the task, never by itself.
   */
  'pod.start': (principal, subject) => {
    const { cluster, isolation, reason, allowUnisolated, submitter, isExplained = false } = subject
    const { org, orgs } = subject
    if (org !== undefined && orgs?.includes(org) === false)
      return deny(`the cluster ${cluster} is not for the org ${org}`)
    if (isolation !== 'none') return allow
    const danger = `pods on ${cluster} are not isolated (${reason}), so a program there could read the owner's token`
    if (!allowUnisolated)
      return deny(
        danger,
        'Install bubblewrap or allow user namespaces, and restart the hub; or the owner accepts it with "allowUnisolated": true in switchyard.json, for work of owners only.',
      )
    const asking = [
      ...(principal.kind === 'service' || (isExplained && submitter !== undefined)
        ? []
        : [principal]),
      ...(submitter === undefined ? [] : [submitter]),
    ]
    const isOwner = (who: Principal | 'unknown') => who !== 'unknown' && who.roles.includes('owner')
    // A controller that only asks for the room asks for nobody.
    if ((asking.length > 0 || isExplained) && asking.every(isOwner)) return allow
    return deny(
      `${danger}: only owners may start work there`,
      'Have an owner submit it, or have bubblewrap installed on the machine of the hub.',
    )
  },
  /**
   * Work goes to a peer on the authority of who asked for it, who could have called the peer's tools.
   * What came from a peer goes no further, or it would travel in circles.
   */
  'peer.use': (principal, { peer, granted, submitter = principal }) => {
    if (submitter === 'unknown') return deny(`nobody is known who asked for work on ${peer}`)
    const isGranted = granted && submitter.kind === 'agent'
    const name = `${peer}_task_submit`
    return rules['tool.list'](submitter, { name, scope: 'upstream:use', granted: isGranted })
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

const hasScope = (principal: Principal, scope: Scope): boolean =>
  principal.roles.some((role) => (roles[role] as readonly Scope[]).includes(scope))
