/** A node with the names of those it needs; `level` is the longest way to it. */
export type GraphNode = { name: string; level: number; needs: string[] }

type Placed<Node> = { node: Node; x: number; y: number }
type Line = { from: string; to: string; path: string }
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
 * Places a graph in columns by level, from left to right, one below the other what has nothing to do
 * with each other. Within a column the order follows the middle of the neighbours, so that lines cross
 * little; lines over several columns get places of their own in between, so that they pass by nodes
 * instead of through them.
 */
export function layOut<Node extends GraphNode>(nodes: Node[]): Layout<Node> {
  const edges = withoutImplied(nodes).slice(0, mostLines)
  const parts = connected(nodes, edges)
  const whole: Layout<Node> = { nodes: [], lines: [], width: 0, height: 0 }
  for (const part of parts.filter((part) => part.nodes.length > 1))
    append(whole, layOutConnected(part.nodes, part.edges, whole.height))
  const single = parts.flatMap((part) => (part.nodes.length === 1 ? part.nodes : []))
  append(whole, inRows(single, whole))
  return whole
}

function append<Node>(whole: Layout<Node>, part: Layout<Node>): void {
  whole.nodes.push(...part.nodes)
  whole.lines.push(...part.lines)
  whole.width = Math.max(whole.width, part.width)
  whole.height = Math.max(whole.height, part.height)
}

/** What needs nothing and holds up nothing fills rows of the width that there is. */
function inRows<Node>(nodes: Node[], { width, height }: Layout<Node>): Layout<Node> {
  const wide = nodeWidth + rowGap
  const columns = Math.max(3, Math.floor((width + rowGap) / wide))
  const top = height === 0 ? 0 : height + columnGap
  const placed = nodes.map((node, at) => ({
    node,
    x: (at % columns) * wide,
    y: top + Math.floor(at / columns) * (nodeHeight + rowGap),
  }))
  const last = placed.at(-1)
  const right = Math.max(0, ...placed.map(({ x }) => x + nodeWidth))
  return { nodes: placed, lines: [], width: right, height: last ? last.y + nodeHeight : 0 }
}

type Edge = [from: string, to: string]

/** Nodes with what they need or hold up, however far away, in the order of the first of each. */
function connected<Node extends GraphNode>(nodes: Node[], edges: Edge[]) {
  const leader = new Map(nodes.map(({ name }) => [name, name]))
  const find = (name: string): string => {
    let at = name
    while (leader.get(at) !== at) at = leader.get(at)! // Each has one.
    leader.set(name, at)
    return at
  }
  for (const [from, to] of edges) leader.set(find(to), find(from))
  const parts = new Map<string, { nodes: Node[]; edges: Edge[] }>()
  for (const node of nodes) {
    const part = parts.get(find(node.name)) ?? { nodes: [], edges: [] }
    part.nodes.push(node)
    parts.set(find(node.name), part)
  }
  for (const edge of edges) parts.get(find(edge[0]))?.edges.push(edge)
  return [...parts.values()]
}

function layOutConnected<Node extends GraphNode>(
  nodes: Node[],
  edges: Edge[],
  above: number,
): Layout<Node> {
  const slots = new Map<string, Slot>()
  const columns: Slot[][] = []
  const add = (name: string, level: number, size: number): Slot => {
    const slot: Slot = { name, level, before: [], after: [], y: 0, size }
    ;(columns[level] ??= []).push(slot)
    return slot
  }
  for (const { name, level } of nodes) slots.set(name, add(name, level, nodeHeight + rowGap))
  const chains = edges.map(([from, to]) => {
    const start = slots.get(from)! // Edges are between nodes that are here.
    const end = slots.get(to)!
    const between = Array.from({ length: Math.max(0, end.level - start.level - 1) }, (_, at) =>
      add('', start.level + 1 + at, rowGap),
    )
    const chain = [start, ...between, end]
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
  const top = above === 0 ? 0 : above + columnGap
  const all = filled.flat()
  const highest = Math.min(...all.map(({ y }) => y))
  for (const slot of all) slot.y += top - highest
  const x = (level: number) => level * (nodeWidth + columnGap)
  return {
    nodes: nodes.map((node) => ({ node, x: x(node.level), y: slots.get(node.name)!.y })),
    lines: chains.map(({ from, to, chain }) => ({ from, to, path: curve(chain, x) })),
    width: x(filled.length - 1) + nodeWidth,
    height: Math.max(...all.map(({ y }) => y)) + nodeHeight,
  }
}

/** Needs that others imply are left out: what a barrier needs is then a line from each end, not from all. */
function withoutImplied(nodes: GraphNode[]): Edge[] {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const reach = new Map<string, Set<string>>()
  const edges: Edge[] = []
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
}

function stack(column: Slot[]): void {
  let y = 0
  for (const slot of column) {
    slot.y = y
    y += slot.size
  }
}

/**
 * As near to where each wants to be as their order and sizes allow: neighbours that would overlap become
 * a block at the mean of their wishes (isotonic regression, by pooling adjacent violators).
 */
function pack(column: Slot[], wanted: Map<Slot, number>): void {
  const blocks: { sum: number; slots: { slot: Slot; offset: number }[] }[] = []
  let offset = 0
  for (const slot of column) {
    blocks.push({ sum: wanted.get(slot)! - offset, slots: [{ slot, offset }] }) // Each has one.
    offset += slot.size
    for (let last = blocks.at(-1), before = blocks.at(-2); last && before; before = blocks.at(-2)) {
      if (before.sum / before.slots.length <= last.sum / last.slots.length) break
      before.sum += last.sum
      before.slots.push(...last.slots)
      blocks.pop()
      last = before
    }
  }
  for (const { sum, slots } of blocks)
    for (const { slot, offset } of slots) slot.y = sum / slots.length + offset
}

const middle = (slots: Slot[]): number | undefined =>
  slots.length === 0
    ? undefined
    : slots.reduce((sum, { y, size }) => sum + y + size / 2, 0) / slots.length -
      (nodeHeight + rowGap) / 2

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
