import { defineServer } from '../kit/tool.ts'
import { clusterCheck, clusterRenew } from './check.ts'
import { clusterList, nodeList } from './clusters.ts'
import { nodeDrain } from './drain.ts'
import { podEvict } from './evictions.ts'
import { placementExplain } from './explain.ts'
import { podExpose, podUnexpose } from './exposures.ts'
import { workRemove } from './kept-work.ts'
import { clusterRead } from './history.ts'
import { podExec, podLog, podRead, podResume, podSuspend } from './pod-tools.ts'
import { podDelete, podList, podRun } from './pods.ts'
import { nodeReserve } from './reserve.ts'
import { quotaRead, quotaSet } from './quotas.ts'
import { podReconcile } from './reconcile.ts'
import { podResize } from './resize.ts'
import { clusterAdd, clusterRemove } from './registration.ts'

export const cluster = defineServer({
  name: 'cluster',
  title: 'Clusters',
  description: 'Where agents run: clusters, nodes, pods and placement.',
  tools: [
    clusterList,
    clusterRead,
    clusterAdd,
    clusterCheck,
    clusterRenew,
    clusterRemove,
    nodeList,
    nodeDrain,
    placementExplain,
    quotaRead,
    quotaSet,
    podRun,
    podList,
    podRead,
    podLog,
    podExec,
    podExpose,
    podUnexpose,
    podSuspend,
    podResume,
    podResize,
    podEvict,
    podDelete,
    podReconcile,
    nodeReserve,
    workRemove,
  ],
})
