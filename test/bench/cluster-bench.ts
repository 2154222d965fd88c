import { availableParallelism, loadavg } from 'node:os'
import { benchAnswers } from './cluster/answers.ts'
import { benchDecisions } from './cluster/decisions.ts'
import { benchPacking } from './cluster/packing.ts'
import { benchTransport } from './cluster/transport.ts'

// `npm run bench:cluster`: placement at scale, and against kube-scheduler's scoring on the same trace;
// the transport to Kubernetes against client-node, and what a model reads of 10,000 pods.
const load = loadavg()[0]?.toFixed(2)
console.log(`Node ${process.versions.node}, ${availableParallelism()} cores, load ${load}`)
for (const bench of [benchDecisions, benchPacking, benchTransport, benchAnswers])
  console.log((await bench()).join('\n'))
