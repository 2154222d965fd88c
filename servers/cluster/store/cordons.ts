import type { Reader, Row, Writer } from '../../kit/sql.ts'

/** A node that takes no new pods, where the hub keeps that for its cluster. */
export type Cordon = { cluster: string; node: string; reason: string }

type CordonRow = Row & Cordon & { set_by: string; set_at: number }

export const listCordons = (reader: Reader): Promise<Cordon[]> =>
  reader.all<CordonRow>('SELECT * FROM cordons ORDER BY cluster, node')

/** Keeps that a node is closed, or with no reason that it is open again. */
export const keepCordon = (
  writer: Writer,
  { cluster, node, reason }: { cluster: string; node: string; reason: string | undefined },
  setBy: string,
): Promise<void> =>
  writer.transaction(async (tx) => {
    tx.about(`${cluster}/${node}`)
    const at = { cluster, node }
    await tx.run('DELETE FROM cordons WHERE cluster = :cluster AND node = :node', at)
    if (reason !== undefined)
      await tx.insert('cordons', { ...at, reason, set_by: setBy, set_at: tx.now })
  })
