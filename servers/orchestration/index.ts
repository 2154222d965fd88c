import { defineServer } from '../kit/tool.ts'
import { agentList, agentRead, agentRetire } from './agents.ts'
import { approvalDecide, approvalList, approvalRequest } from './approvals.ts'
import { artifactCreate, artifactList, artifactRead } from './artifacts.ts'
import { taskClaim } from './claim.ts'
import { eventList } from './events.ts'
import { taskHold } from './hold.ts'
import { leaseGrant, taskHeartbeat, taskReap, taskRelease } from './leases.ts'
import { taskLog, taskLogAppend } from './logs.ts'
import { taskReport, taskSettle } from './report.ts'
import { taskOverrun, taskResume } from './resume.ts'
import { taskSubmit } from './submit.ts'
import { taskCancel, taskList, taskMessage, taskRead, taskRetry, taskWait } from './tasks.ts'
import { templateList, templateRead } from './templates.ts'
import { triggerFire } from './firing.ts'
import { triggerList, triggerRead } from './trigger-reads.ts'
import { triggerSettle } from './trigger-results.ts'
import { triggerCreate, triggerDelete, triggerRun, triggerUpdate } from './triggers.ts'

export const orchestration = defineServer({
  name: 'orchestration',
  title: 'Orchestration',
  description: 'Tasks, their attempts, logs and artifacts, the agents that do them, and approvals.',
  tools: [
    taskSubmit,
    taskRead,
    taskList,
    taskWait,
    taskLog,
    taskCancel,
    taskRetry,
    taskMessage,
    templateList,
    templateRead,
    triggerList,
    triggerRead,
    triggerCreate,
    triggerUpdate,
    triggerDelete,
    triggerRun,
    artifactList,
    artifactRead,
    approvalList,
    approvalDecide,
    agentList,
    agentRead,
    eventList,
    taskClaim,
    taskHeartbeat,
    taskReport,
    taskRelease,
    taskLogAppend,
    artifactCreate,
    approvalRequest,
    taskReap,
    taskSettle,
    taskHold,
    triggerFire,
    triggerSettle,
    taskResume,
    taskOverrun,
    leaseGrant,
    agentRetire,
  ],
})
