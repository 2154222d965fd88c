/** What a pod should have, as a person writes it. */
export type PodShape = { resources: { cpus: number; memoryMb: number }; tags: string[] }

const units: [RegExp, (amount: number, shape: PodShape) => void][] = [
  [/^(cpus?|cores?|vcpus?)$/i, (amount, { resources }) => void (resources.cpus = amount)],
  [/^(mib|mb|m)$/i, (amount, { resources }) => void (resources.memoryMb = Math.round(amount))],
  [
    /^(gib|gb|g)$/i,
    (amount, { resources }) => void (resources.memoryMb = Math.round(amount * 1024)),
  ],
  [/^gpus?$/i, (amount, { tags }) => void (amount > 0 && tags.push('gpu'))],
]

/**
 * Reads "2 CPU, 4 GiB, 1 GPU, arch:arm64". A graphics card is asked for by the tag that machines with
 * one carry; any other word is a tag. Gives a sentence instead where a part cannot be read.
 */
export function readShape(text: string): PodShape | string {
  const shape: PodShape = { resources: { cpus: 1, memoryMb: 1024 }, tags: [] }
  const parts = text.split(/[,;]|\s(?=\d)/).flatMap((part) => part.trim() || [])
  for (const part of parts) {
    const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(part) ?? []
    const known = units.find(([name]) => name.test(unit))
    if (amount !== undefined && known) known[1](Number(amount), shape)
    else if (/^[a-z][\w.:-]{0,63}$/i.test(part)) shape.tags.push(part)
    else return `“${part}” is no amount: write such as 2 CPU, 4 GiB, 1 GPU, or a tag`
  }
  return shape
}
