import type { Transcript } from './scripted-transcript.ts'

/** Whether the policy is asked for a plan, not for work. */
export const isPlanning = ({ instructions }: Transcript): boolean =>
  instructions.startsWith('You plan work')

/**
 * The plan of the scripted policy: parts of the goal between "then" come one after another, those
 * between "and" beside each other. A part in backticks is a command, one that ends with a question mark
 * is asked of a person, the rest is code to be changed. Told that names are taken, it numbers them.
 */
export function planText({ requests }: Transcript): string {
  const goal = /^The goal: (.+)$/m.exec(requests[0] ?? '')?.[1] ?? ''
  const isNumbered = (requests.at(-1) ?? '').includes('two steps are called')
  const steps: object[] = []
  let before: string[] = []
  for (const stage of goal.split(/[,;.]? then /i)) {
    const names: string[] = []
    for (const part of stage.split(/[,;]? and /i)) {
      const name = `${slug(part)}${isNumbered ? `-${steps.length + 1}` : ''}`
      steps.push({ name, needs: before, ...whatOf(part.trim()) })
      names.push(name)
    }
    before = names
  }
  return `\`\`\`json\n${JSON.stringify({ steps }, null, 1)}\n\`\`\``
}

function whatOf(part: string): object {
  const command = /`([^`]+)`/.exec(part)?.[1]
  if (command !== undefined) return { template: 'command', command }
  if (part.endsWith('?')) return { gate: { kind: 'person', question: part } }
  return { template: 'code', goal: part, title: part.slice(0, 100) }
}

const slug = (part: string): string => /[a-z0-9]+/i.exec(part)?.[0].toLowerCase() ?? 'step'
