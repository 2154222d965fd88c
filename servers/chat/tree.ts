/** A message and the one that it follows. */
type Node = { id: string; parent: string | null }

/** From the first message to the one with this id. */
export function branchTo<N extends Node>(nodes: readonly N[], id: string | null): N[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const branch: N[] = []
  for (let at = id === null ? undefined : byId.get(id); at;) {
    branch.push(at)
    byId.delete(at.id) // A damaged tree may go in circles.
    at = at.parent === null ? undefined : byId.get(at.parent)
  }
  return branch.reverse()
}

/** The last message of the branch that goes through this one, by what was added last. */
export function newestLeaf(nodes: readonly Node[], id: string): string {
  const newest = new Map<string, string>()
  for (const { id: child, parent } of nodes) if (parent !== null) newest.set(parent, child) // Oldest first.
  let leaf = id
  for (let steps = nodes.length; steps > 0; steps--) {
    const next = newest.get(leaf)
    if (next === undefined) return leaf
    leaf = next
  }
  return leaf
}

/** The messages that follow the same one as this. */
export function siblingsIn(nodes: readonly Node[]): (node: Node) => string[] {
  const byParent = new Map<string | null, string[]>()
  for (const { id, parent } of nodes) byParent.set(parent, [...(byParent.get(parent) ?? []), id])
  return ({ parent }) => byParent.get(parent) ?? []
}
