import { Resources } from '../../../schemas/task.ts'
import type { Reader, Row, Transaction, Writer } from '../../kit/sql.ts'
import { Promised } from '../promised.ts'

// Rows of `node_loads`, which this file owns. They change in the transaction that changes the pods.

type Live = { cluster: string; node: string; resources: string }

/** What all live pods on record were promised, by node. */
export async function readPromised(reader: Reader): Promise<Promised> {
  const rows = await reader.all<LoadRow>(
    'SELECT cluster, node, pods, milli_cpus, memory_mb, gpus FROM node_loads WHERE pods > 0',
  )
  const promised = new Promised()
  for (const { cluster, node, pods, milli_cpus: milliCpus, memory_mb: memoryMb, gpus } of rows)
    promised.add(cluster, node, { pods, cpus: milliCpus / 1000, memoryMb, gpus })
  return promised
}

/** Counts a pod on its node. */
export const addLoad = (tx: Transaction, pod: Live): Promise<void> => change(tx, pod, 1)

/** Counts a pod there no more. */
export async function dropLoad(tx: Transaction, pod: Live): Promise<void> {
  await change(tx, pod, -1)
  // A cluster whose nodes come and go would leave rows for ever.
  const { cluster, node } = pod
  await tx.run('DELETE FROM node_loads WHERE cluster = :cluster AND node = :node AND pods <= 0', {
    cluster,
    node,
  })
}

/** Counts anew what the live pods are promised, where a damaged store was mended or rows were lost. */
export function recountLoads(writer: Writer): Promise<void> {
  return writer.transaction(async (tx) => {
    const live = await tx.all<Row & Live>(
      'SELECT cluster, node, resources FROM pods WHERE ended_at IS NULL',
    )
    await tx.run('DELETE FROM node_loads')
    for (const pod of live) await addLoad(tx, pod)
  })
}

async function change(tx: Transaction, { cluster, node, resources }: Live, by: 1 | -1) {
  const { cpus, memoryMb, gpus = 0 } = Resources.parse(JSON.parse(resources))
  await tx.run(
    `INSERT INTO node_loads (cluster, node, pods, milli_cpus, memory_mb, gpus)
     VALUES (:cluster, :node, :pods, :milliCpus, :memoryMb, :gpus)
     ON CONFLICT (cluster, node) DO UPDATE SET pods = node_loads.pods + excluded.pods,
       milli_cpus = node_loads.milli_cpus + excluded.milli_cpus,
       memory_mb = node_loads.memory_mb + excluded.memory_mb,
       gpus = node_loads.gpus + excluded.gpus`,
    {
      ...{ cluster, node, pods: by, gpus: by * gpus },
      ...{ milliCpus: by * Math.round(cpus * 1000), memoryMb: by * memoryMb },
    },
  )
}

type LoadRow = Row & {
  cluster: string
  node: string
  pods: number
  milli_cpus: number
  memory_mb: number
  gpus: number
}
