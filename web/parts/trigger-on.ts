import type { Trigger } from '../../schemas/trigger.ts'

/** When a trigger fires, as a sentence's part. */
export function occasionOf(on: Trigger['on']): string {
  switch (on.kind) {
    case 'manual':
      return 'by hand'
    case 'schedule':
      return `${on.cron} (${on.timeZone})`
    case 'change':
      return `when a change ${on.target === '*' ? '' : `to ${on.target} `}is ${on.events.join(' or ')}`
    case 'push':
      return `when ${on.branch} moves`
    case 'plan':
      return `when ${on.plan ?? 'a plan'} has ${on.states.join(' or ')}`
  }
}
