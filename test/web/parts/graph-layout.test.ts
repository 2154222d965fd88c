import { expect, test } from 'vitest'
import { layOut, nodeHeight, nodeWidth } from '../../../web/parts/graph-layout.ts'
import type { GraphNode } from '../../../web/parts/graph-layout.ts'

const node = (name: string, level: number, ...needs: string[]): GraphNode => ({
  name,
  level,
  needs,
})

test('each node stands right of what it needs, and none covers another', () => {
  const nodes = Array.from({ length: 12 }, (_, level) =>
    Array.from({ length: 25 }, (_, at) =>
      node(
        `${level}-${at}`,
        level,
        ...(level === 0 ? [] : [`${level - 1}-${at}`, `${level - 1}-${(at * 7 + 3) % 25}`]),
        ...(level > 3 ? [`${level - 3}-${(at * 5) % 25}`] : []),
      ),
    ),
  ).flat()
  const startedAt = performance.now()
  const { nodes: placed, width, height, lines } = layOut(nodes)
  expect(performance.now() - startedAt).toBeLessThan(1000)
  const at = new Map(placed.map((one) => [one.node.name, one]))
  for (const { node, x, y } of placed) {
    for (const need of node.needs) expect(at.get(need)!.x).toBeLessThan(x)
    expect(x + nodeWidth).toBeLessThanOrEqual(width)
    expect(y).toBeGreaterThanOrEqual(0)
    expect(y + nodeHeight).toBeLessThanOrEqual(height + 0.01)
  }
  const columns = Map.groupBy(placed, ({ x }) => x)
  for (const column of columns.values()) {
    const ys = column.map(({ y }) => y).toSorted((a, b) => a - b)
    for (const [place, y] of ys.entries())
      if (place > 0) expect(y - ys[place - 1]!).toBeGreaterThanOrEqual(nodeHeight)
  }
  expect(lines.length).toBeGreaterThan(500)
})

test('a need that others imply has no line, and one that is not shown neither', () => {
  const { lines } = layOut([node('a', 0), node('b', 1, 'a'), node('c', 2, 'a', 'b', 'elsewhere')])
  expect(lines.map(({ from, to }) => `${from} ${to}`)).toEqual(['a b', 'b c'])
})

test('nothing is a picture of no size', () => {
  expect(layOut([])).toEqual({ nodes: [], lines: [], width: 0, height: 0 })
})
