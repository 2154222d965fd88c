import { ClusterGuards } from '../../../schemas/cluster.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { Reader, Row, Writer } from '../../kit/sql.ts'
import { KubernetesSettings } from '../drivers/kubernetes/settings.ts'

/** A cluster that an owner has added. */
export type AddedCluster = {
  id: string
  mark: string
  settings: KubernetesSettings
  guards: ClusterGuards | undefined
}

type ClusterRow = Row & {
  id: string
  driver: string
  mark: string
  settings: string
  guards: string | null
  added_by: string
  added_at: number
}

export const listClusters = async (reader: Reader): Promise<AddedCluster[]> =>
  (await reader.all<ClusterRow>('SELECT * FROM clusters ORDER BY added_at, id')).map(toCluster)

/** Records a cluster before anything is made in it, so that what is made there is known by its mark. */
export function keepCluster(
  writer: Writer,
  { id, mark, settings }: Omit<AddedCluster, 'guards'>,
  addedBy: string,
): Promise<void> {
  return writer.transaction(async (tx) => {
    const known = await tx.get<ClusterRow>('SELECT * FROM clusters WHERE id = :id', { id })
    if (known)
      throw new HubError('conflict', `a cluster ${id} is registered already`, {
        hint: 'Choose another name, or take it out by cluster_remove first.',
      })
    await tx.insert('clusters', {
      id,
      driver: 'kubernetes',
      mark,
      settings: JSON.stringify(settings),
      guards: null,
      added_by: addedBy,
      added_at: tx.now,
    })
    tx.about(id)
  })
}

export const keepGuards = (writer: Writer, id: string, guards: ClusterGuards): Promise<void> =>
  writer.transaction(async (tx) => {
    tx.about(id)
    await tx.run('UPDATE clusters SET guards = :guards WHERE id = :id', {
      id,
      guards: JSON.stringify(guards),
    })
  })

export const forgetCluster = (writer: Writer, id: string): Promise<void> =>
  writer.transaction(async (tx) => {
    tx.about(id)
    await tx.run(
      'DELETE FROM cluster_credentials WHERE mark IN (SELECT mark FROM clusters WHERE id = :id)',
      { id },
    )
    await tx.run('DELETE FROM clusters WHERE id = :id', { id })
  })

const toCluster = ({ id, mark, settings, guards }: ClusterRow): AddedCluster => ({
  id,
  mark,
  settings: KubernetesSettings.parse(JSON.parse(settings)),
  guards: guards === null ? undefined : ClusterGuards.parse(JSON.parse(guards)),
})
