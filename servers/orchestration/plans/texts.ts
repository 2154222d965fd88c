import type { Plan, Step } from '../../../schemas/plan.ts'
import { stepStates } from '../../../schemas/plan.ts'
import type { Page } from '../../kit/page.ts'
import { instantText, lineText, tableText } from '../../kit/table.ts'

const countsText = ({ counts }: Plan): string =>
  stepStates
    .flatMap((state) => ((counts[state] ?? 0) > 0 ? [`${counts[state]} ${state}`] : []))
    .join(', ')

export const plansText = (page: Page<Plan>): string =>
  tableText(page, {
    id: ({ id }) => id,
    state: ({ state }) => state,
    title: ({ title }) => title,
    steps: countsText,
    org: ({ org }) => org,
    updated: ({ updatedAt }) => instantText(updatedAt),
    why: ({ failure }) => failure,
  })

/** A plan and a page of its steps, in their order, a line each. */
export function planText({ plan, ...steps }: { plan: Plan } & Page<Step>): string {
  const { id, state, title, source, repo, submittedBy, reason, approval, draft, failure } = plan
  const { via, id: chat } = plan.provenance
  const from = source.kind === 'goal' ? `the goal: ${lineText(source.goal, 300)}` : source.kind
  return [
    `${id}, ${state}: ${title}`,
    `from ${source.kind === 'feature' ? `the feature ${source.feature}` : from}${repo === undefined ? '' : ` in ${repo}`}, by ${submittedBy}${via === 'chat' ? ` in the conversation ${chat}` : ''}${reason === undefined ? '' : `: ${lineText(reason, 300)}`}`,
    `steps: ${countsText(plan) || 'none yet'}; ${plan.maxParallel} at once`,
    ...(state === 'proposed' ? [`waits for the answer to ${approval}`] : []),
    ...(failure === undefined ? [] : [`why: ${lineText(failure, 600)}`]),
    ...(draft === undefined ? [] : [`last answer: ${lineText(draft.answer, 600)}`]),
    '',
    tableText(steps, {
      step: ({ name }) => name,
      level: ({ level }) => level,
      state: (step) => step.state,
      what: ({ title: what, gate }) => lineText(gate ? `gate: ${gate.kind}` : what, 60),
      needs: ({ needs, needsMore }) =>
        lineText(`${needs.join(' ')}${needsMore > 0 ? ` and ${needsMore} more` : ''}`, 60),
      task: ({ task, approval: question, state: now }) =>
        task ?? (now === 'held' ? question : undefined),
      run: ({ run }) => (run > 1 ? run : undefined),
      why: ({ reason: why }) => why && lineText(why, 80),
    }),
  ].join('\n')
}
