/** A node with the names of those it needs; `level` is the longest way to it. */
export type GraphNode = { name: string; level: number; needs: string[] }

export type Placed<Node> = { node: Node; x: number; y: number }
export type Line = { from: string; to: string; path: string }
export type Layout<Node> = { nodes: Placed<Node>[]; lines: Line[]; width: number; height: number }

export const nodeWidth = 190
export const nodeHeight = 44
const columnGap = 56
const rowGap = 12
const sweeps = 6
/** Lines beyond this make a picture that nobody can follow, and cost the browser much. */
const mostLines = 2000

/** A place in a column: a node, or where a line passes by. */
type Slot = { name: string; level: number; before: Slot[]; after: Slot[]; y: number; size: number }

/**
 * Places a graph in columns by level, from left to right. Within a column the order follows the middle
 * of the neighbours, so that lines cross little; lines over several columns get places of their own in
 * between, so that they pass by nodes instead of through them.
 */
export function layOut<Node extends GraphNode>(nodes: Node[]): Layout<Node> {
  const edges = withoutImplied(nodes).slice(0, mostLines)
  const slots = new Map<string, Slot>()
  const columns: Slot[][] = []
  const add = (name: string, level: number, size: number): Slot => {
    const slot: Slot = { name, level, before: [], after: [], y: 0, size }
    ;(columns[level] ??= []).push(slot)
    return slot
  }
  for (const { name, level } of nodes) slots.set(name, add(name, level, nodeHeight + rowGap))
  const chains = edges.map(([from, to]) => {
    const chain = [slots.get(from)!] // Edges are between nodes that are here.
    const end = slots.get(to)!
    for (let level = chain[0]!.level + 1; level < end.level; level++)
      chain.push(add('', level, rowGap))
    chain.push(end)
    for (const [at, slot] of chain.entries()) {
      const next = chain[at + 1]
      if (!next) continue
      slot.after.push(next)
      next.before.push(slot)
    }
    return { from, to, chain }
  })
  const filled = Array.from(columns, (column) => column ?? [])
  order(filled)
  const x = (level: number) => level * (nodeWidth + columnGap)
  const height = Math.max(0, ...filled.map((column) => bottom(column)))
  return {
    nodes: nodes.map((node) => ({ node, x: x(node.level), y: slots.get(node.name)!.y })),
    lines: chains.map(({ from, to, chain }) => ({ from, to, path: curve(chain, x) })),
    width: filled.length === 0 ? 0 : x(filled.length - 1) + nodeWidth,
    height,
  }
}

/** Needs that others imply are left out: what a barrier needs is then a line from each end, not from all. */
function withoutImplied(nodes: GraphNode[]): [from: string, to: string][] {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const reach = new Map<string, Set<string>>()
  const edges: [string, string][] = []
  for (const { name, needs } of nodes.toSorted((a, b) => a.level - b.level)) {
    const known = needs.filter((need) => byName.has(need))
    const behind = new Set<string>()
    for (const need of known) for (const far of reach.get(need) ?? []) behind.add(far)
    for (const need of known) if (!behind.has(need)) edges.push([need, name])
    reach.set(name, new Set([...behind, ...known]))
  }
  return edges
}

function order(columns: Slot[][]): void {
  for (const column of columns) stack(column)
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const isForward = sweep % 2 === 0
    for (const column of isForward ? columns : columns.toReversed()) {
      const wanted = new Map(
        column.map((slot) => [slot, middle(isForward ? slot.before : slot.after) ?? slot.y]),
      )
      column.sort((a, b) => wanted.get(a)! - wanted.get(b)!) // Each has one.
      pack(column, wanted)
    }
  }
  const top = Math.min(...columns.flat().map(({ y }) => y))
  for (const slot of columns.flat()) slot.y -= top
}

function stack(column: Slot[]): void {
  let y = 0
  for (const slot of column) {
    slot.y = y
    y += slot.size
  }
}

/** As near to where each wants to be as the order allows: pushed down first, then back up. */
function pack(column: Slot[], wanted: Map<Slot, number>): void {
  let floor = -Infinity
  for (const slot of column) {
    slot.y = Math.max(floor, wanted.get(slot)!) // The caller made one for each.
    floor = slot.y + slot.size
  }
  const drift = column.reduce((sum, slot) => sum + slot.y - wanted.get(slot)!, 0) / column.length
  for (const slot of column) slot.y -= drift
}

const middle = (slots: Slot[]): number | undefined =>
  slots.length === 0
    ? undefined
    : slots.reduce((sum, { y, size }) => sum + y + size / 2, 0) / slots.length -
      (nodeHeight + rowGap) / 2

const bottom = (column: Slot[]): number => Math.max(0, ...column.map(({ y }) => y + nodeHeight))

/** From the right edge of a node to the left edge of the next, through the places in between. */
function curve(chain: Slot[], x: (level: number) => number): string {
  const parts: string[] = []
  for (const [at, slot] of chain.entries()) {
    const next = chain[at + 1]
    if (!next) continue
    const [fromY, toY] = [centre(slot), centre(next)]
    const [fromX, toX] = [x(slot.level) + nodeWidth, x(next.level)]
    const bend = (toX - fromX) / 2
    if (at === 0) parts.push(`M${fromX} ${fromY}`)
    parts.push(`C${fromX + bend} ${fromY} ${toX - bend} ${toY} ${toX} ${toY}`)
    if (next.name === '') parts.push(`H${toX + nodeWidth}`)
  }
  return parts.join('')
}

const centre = ({ name, y }: Slot): number => y + (name === '' ? rowGap : nodeHeight) / 2
