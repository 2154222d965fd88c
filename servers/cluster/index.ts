import { defineServer } from '../kit/tool.ts'
import { clusterList, nodeList } from './clusters.ts'
import { placementExplain } from './explain.ts'
import { clusterRead } from './history.ts'
import { podExec, podLog, podRead, podResume, podSuspend } from './pod-tools.ts'
import { podDelete, podList, podRun } from './pods.ts'
import { podReconcile } from './reconcile.ts'
import { clusterAdd, clusterRemove } from './registration.ts'

export const cluster = defineServer({
  name: 'cluster',
  title: 'Clusters',
  description: 'Where agents run: clusters, nodes, pods and placement.',
  tools: [
    clusterList,
    clusterRead,
    clusterAdd,
    clusterRemove,
    nodeList,
    placementExplain,
    podRun,
    podList,
    podRead,
    podLog,
    podExec,
    podSuspend,
    podResume,
    podDelete,
    podReconcile,
  ],
})
