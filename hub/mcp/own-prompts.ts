import { RpcError, isObject, rpcCode } from '../rpc/protocol.ts'

type Argument = { name: string; description: string; required: boolean }
type OwnPrompt = {
  name: string
  title: string
  description: string
  arguments: Argument[]
  text(given: Record<string, string>): string
}

const argument = (name: string, description: string, required = true): Argument => ({
  name,
  description,
  required,
})

/** Ways to begin that a person picks by name; each says which tools lead to the end. */
const prompts: OwnPrompt[] = [
  {
    name: 'start_feature',
    title: 'Start a feature',
    description: 'From an idea to a task at work on it',
    arguments: [
      argument('repo', 'Path of the repository'),
      argument('idea', 'What it is to do, in your words'),
    ],
    text: ({ repo, idea }) =>
      `I want this in the repository ${repo}:\n\n${idea}\n\nRead what bears on it with context_pack, and where that is not enough with repo_read and repo_log; spec_list shows whether the repository keeps its features with Spec-Kit, and then the idea belongs into one (spec_create, spec_patch). Ask me where the idea leaves room for two readings that would be built differently. Then write a goal that says what is to be true afterwards and how it is checked, submit it with task_submit (template code; with "spec" in its params when it carries out tasks of a feature), follow it with task_wait, and show me the change with change_read when there is one.`,
  },
  {
    name: 'fix_failing_check',
    title: 'Fix a failing check',
    description: 'Find out why the checks of a repository fail, and have it mended',
    arguments: [argument('repo', 'Path of the repository')],
    text: ({ repo }) =>
      `Run the checks of ${repo} with task_submit (template ci) and wait with task_wait. If they fail, read task_log, name the first cause rather than its consequences, and submit a task (template code) whose goal is that cause, with the failing output in it. Do not accept a change that only weakens the check.`,
  },
  {
    name: 'review_change',
    title: 'Review a change',
    description: 'Read a proposed change and decide on it',
    arguments: [argument('change', 'Id of the change; change_list shows them')],
    text: ({ change }) =>
      `Review ${change}. Read it with change_read, and the task behind it with task_read. Look for what it breaks, what it leaves out of its goal, and tests that cannot fail. Tell me your verdict with its reasons first; when I agree, record it with change_review, and merge with change_merge only when I say so.`,
  },
  {
    name: 'daily_report',
    title: 'Daily report',
    description: 'What happened, what waits for a person, what it cost',
    arguments: [],
    text: () =>
      'Report on the last day: tasks that ended (task_list), changes that wait for a review (change_list), approvals that wait for me (approval_list), what failed and why, and what it used (usage_read). Ten lines at most, what needs me first, with the ids.',
  },
]

export const isOwnPrompt = (name: string): boolean => prompts.some((prompt) => prompt.name === name)

/** As `prompts/list` shows them. */
export const ownPrompts = prompts.map(({ text: _text, ...listed }) => listed)

/** The filled-in prompt, or undefined when it is not the hub's. */
export function getOwnPrompt(name: string, given: unknown): object | undefined {
  const prompt = prompts.find((other) => other.name === name)
  if (!prompt) return undefined
  const values = Object.fromEntries(
    Object.entries(isObject(given) ? given : {}).filter(([, value]) => typeof value === 'string'),
  ) as Record<string, string> // Only those are kept.
  const missing = prompt.arguments.filter((wanted) => wanted.required && !values[wanted.name])
  if (missing.length > 0) throw missingArguments(name, missing)
  const text = prompt.text(values)
  return {
    description: prompt.description,
    messages: [{ role: 'user', content: { type: 'text', text } }],
  }
}

const missingArguments = (name: string, missing: Argument[]) =>
  new RpcError(
    rpcCode.params,
    `${name} needs ${missing.map((wanted) => `\`${wanted.name}\` (${wanted.description})`).join(', ')}`,
  )
