import type { Rules } from './rule.ts'
import { allow, deny } from './rule.ts'

/** The rules about tasks and who works on them, which need no other rule. */
export const workRules = {
  /** What a task is handed it may read, so an agent hands on nothing: it could name any task. */
  'task.submit': ({ id, kind, repo: own }, { repo, inputs }) => {
    if (kind !== 'agent') return allow
    if (inputs > 0)
      return deny(`${id} may not pass \`inputs\``, 'Say in the goal what the sub-task has to know.')
    if (repo === undefined || repo === own) return allow
    return deny(
      `the credential of ${id} is not for ${repo}`,
      'A sub-task works on the repository of the task, or on none.',
    )
  },
  'task.cancel': ({ id, task: own }, { task }) =>
    own === task
      ? deny(
          `${id} may not cancel its own task`,
          'Report it as failed with task_report; task_cancel ends tasks that you submitted.',
        )
      : allow,
  'provenance.set': ({ id, kind }, { via }) =>
    kind === 'service'
      ? allow
      : deny(
          `${id} may not say that a task comes from a ${via}`,
          'Leave `provenance` out: the hub records who asks. `reason` says why.',
        ),
  /** What strangers propose is brought before the org by somebody who answers for it. */
  'change.import': ({ id, kind }) =>
    kind === 'agent'
      ? deny(`${id} may not take in changes of others`, 'Somebody of the org does it.')
      : allow,
  'plan.create': ({ id, kind }) =>
    kind === 'agent'
      ? deny(`${id} may not make plans`, 'An agent submits single tasks, by task_submit.')
      : allow,
  /**
   * A name under which another credential works leads to that one's lease, so it is not shared. Nor is
   * that of a person: what the agent does would be on record as done by him. A worker's own is its own.
   */
  'agent.work': ({ id, kind, roles }, { agent, owner, isTaken }) => {
    if (kind === 'agent' && id !== agent)
      return deny(`the credential of ${id} cannot claim as ${agent}`)
    const isOwn = id === agent && roles.every((role) => role === 'worker')
    if (kind === 'user' && isTaken && !isOwn)
      return deny(
        `the agent name ${agent} is that of a credential, or of the hub itself`,
        'Choose a name for this worker that token_list does not show, such as worker-1.',
      )
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
  /** An external agent may hold the keys of whoever configured it, so it can be kept to some orgs. */
  'runner.use': (_principal, { runner, org, orgs }) =>
    orgs === undefined || orgs.includes(org)
      ? allow
      : deny(
          `the runner ${runner} is not for tasks of the org ${org}`,
          'runner_list shows who may use which; an owner names the orgs in switchyard.json.',
        ),
  'workspace.use': ({ id, task: own }, { task }) =>
    own === undefined || own === task ? allow : deny(`the credential of ${id} is for ${own} only`),
  /** People propose work in the repository itself; a task's branch is its agent's, while it has the lease. */
  'workspace.push': ({ id, kind, task: own, attempt }, { task }) =>
    kind === 'agent' && own === task && attempt !== undefined
      ? allow
      : deny(
          `${id} may not push to the branch of ${task}`,
          'The agent that holds the lease of the task does.',
        ),
} satisfies Partial<Rules>
