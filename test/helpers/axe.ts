import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'

const source = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

type Violation = { id: string; nodes: { target: string[]; failureSummary?: string }[] }

/** What axe finds on the page as it is, a line each; nothing is what is expected. */
export async function axeFindings(page: Page): Promise<string[]> {
  // The page's policy forbids scripts that are not its own, so it is not added as an element.
  await page.evaluate(source)
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: unknown }> } } // Evaluated above.
    return (await axe.run()).violations
  })
  return (violations as Violation[]).flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  )
}
