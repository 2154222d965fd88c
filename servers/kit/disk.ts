import { statfs } from 'node:fs/promises'
import { HubError } from '../../schemas/errors.ts'
import type { Context } from './context.ts'

export type DiskRoom = { freeMb: number; keptFreeMb: number; isLow: boolean }

type Place = Pick<Context, 'dataDir' | 'config'>
type Look = { freeMb: number; totalMb: number; at: number }

const mib = 1024 * 1024
/** How long one look at the disk counts. One that is found low is looked at again by each call. */
const lookMs = 1000

const looks = new Map<string, Look>()

/** What is free on the disk of the data directory, and how much of it is not for new work. */
export async function diskRoom(place: Place): Promise<DiskRoom> {
  const before = looks.get(place.dataDir)
  if (before && performance.now() - before.at < lookMs) {
    const room = roomOf(before, place)
    if (!room.isLow) return room
  }
  const { bsize, blocks, bavail } = await statfs(place.dataDir)
  const [freeMb, totalMb] = [(bavail * bsize) / mib, (blocks * bsize) / mib]
  const look = { freeMb, totalMb, at: performance.now() }
  looks.set(place.dataDir, look)
  return roomOf(look, place)
}

/**
 * Refuses what would begin to fill the disk further, before it is full: what runs can still report,
 * be canceled and be cleaned up after.
 */
export async function ensureDiskRoom(place: Place): Promise<void> {
  const { freeMb, keptFreeMb, isLow } = await diskRoom(place)
  if (!isLow) return
  throw new HubError(
    'exhausted',
    `the disk that holds the data directory is nearly full: ${freeMb} MB are free and ${keptFreeMb} MB are kept for what runs`,
    {
      hint: 'Free some space and send the same call again; `disk` in switchyard.json says how much is kept.',
    },
  )
}

function roomOf({ freeMb, totalMb }: Look, { config }: Place): DiskRoom {
  const { keepFreeMb, keepFreePercent } = config.file.disk
  const keptFreeMb = Math.min(keepFreeMb, (totalMb * keepFreePercent) / 100)
  return {
    freeMb: Math.floor(freeMb),
    keptFreeMb: Math.ceil(keptFreeMb),
    isLow: freeMb < keptFreeMb,
  }
}
