import { defineServer } from '../kit/tool.ts'
import { agentList, agentRead, agentRetire } from './agents.ts'
import { approvalDecide, approvalExpire } from './approval-answers.ts'
import { approvalList, approvalRequest } from './approvals.ts'
import { artifactCreate, artifactList, artifactRead } from './artifacts.ts'
import { taskCancel } from './cancel.ts'
import { taskClaim } from './claim.ts'
import { credentialLend, taskProgress } from './external.ts'
import { eventList } from './events.ts'
import { approvalRevoke, grantList } from './grants.ts'
import { taskFree, taskHold } from './hold.ts'
import { leaseGrant, taskHeartbeat, taskReap, taskRelease } from './leases.ts'
import { taskLog, taskLogAppend } from './logs.ts'
import { planAdvance } from './plans/advance.ts'
import { planCancel } from './plans/cancel.ts'
import { planCreate } from './plans/create.ts'
import { planDraft, planExpand } from './plans/expand.ts'
import { planList, planRead } from './plans/read.ts'
import { planRetry } from './plans/retry.ts'
import { taskReport, taskSettle } from './report.ts'
import { taskOverrun, taskResume } from './resume.ts'
import { runnerList, runnerRead } from './runners.ts'
import { taskSubmit } from './submit.ts'
import { taskList, taskMessage, taskRead, taskRetry, taskWait } from './tasks.ts'
import { templateList, templateRead } from './templates/tools.ts'
import { templateTrust } from './templates/trust.ts'
import { triggerFire } from './firing.ts'
import { triggerList, triggerRead } from './trigger-reads.ts'
import { triggerSettle } from './trigger-results.ts'
import { triggerCreate, triggerDelete, triggerRun, triggerUpdate } from './triggers.ts'

export const orchestration = defineServer({
  name: 'orchestration',
  title: 'Orchestration',
  description:
    'Tasks and plans of them, their attempts, logs and artifacts, the agents that do them, and approvals.',
  tools: [
    taskSubmit,
    taskRead,
    taskList,
    taskWait,
    taskLog,
    taskCancel,
    taskRetry,
    taskMessage,
    planCreate,
    planRead,
    planList,
    planCancel,
    planRetry,
    templateList,
    templateRead,
    runnerList,
    templateTrust,
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
    approvalRevoke,
    grantList,
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
    runnerRead,
    credentialLend,
    taskProgress,
    taskReap,
    taskSettle,
    taskHold,
    taskFree,
    triggerFire,
    triggerSettle,
    taskResume,
    taskOverrun,
    leaseGrant,
    planAdvance,
    planExpand,
    planDraft,
    agentRetire,
    approvalExpire,
  ],
})
