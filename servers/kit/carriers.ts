import type { PlacementCandidate } from '../../schemas/cluster.ts'
import type { Agent } from '../../schemas/agent.ts'
import type { Resources } from '../../schemas/task.ts'
import type { Submitter } from './clusters.ts'
import type { Needs } from './needs.ts'

/** What is placed: a task of the queue, or the shape of one that could be. */
export type Placeable = {
  /** The task, and the template that it is of, where it is one. */
  task?: string | undefined
  template?: string | undefined
  org: string
  resources: Resources
  needs: Needs
  /** Its repository on this machine, and where the same one is on the hub that it names. */
  repo?: string | undefined
  hubRepo?: string | undefined
  /** Why a task waits for no place now, or for something else, where that is so. */
  note?: string | undefined
  /** On whose authority it would run, beside the caller's. */
  submitter?: Submitter | undefined
}

/** Who could carry out tasks besides the pods of clusters: long-lived agents and other hubs. */
export type Carriers = {
  /** A task as it is placed; undefined for none of that id. */
  task(id: string): Promise<Placeable | undefined>
  /** Long-lived agents of an org that were heard of lately. */
  agents(org: string): Promise<Agent[]>
  /** One long-lived agent, heard of lately or not. */
  agent(id: string): Promise<Agent | undefined>
  /** The peers that are called from here. */
  peerNames(): Promise<string[]>
  /** What a peer says to it now; the answer is kept for seconds. */
  peer(name: string, asked: Placeable): Promise<PlacementCandidate>
}
