import type { Principal } from '../../schemas/principal.ts'
import type { Decision, Subjects } from '../../servers/kit/authority.ts'
import { matchesPattern } from './name-pattern.ts'
import type { Rules } from './rule.ts'
import { allow, deny } from './rule.ts'

/** What these answer with is a credential, and a conversation is kept and shown to models. */
const secretAnswers = new Set(['token_create', 'login_link', 'approval_link', 'peer_invite'])
/** An answer of a person's own, and calls that belong to programs. */
const notForAssistant = new Set(['approval_decide', 'model_generate', 'usage_report'])
/** By which it finds what it may call; no pattern has to name them. */
const finders = new Set(['tool_search', 'tool_read'])

/**
 * What a call from the chat may reach, of what the person may: a text that a tool returned can have
 * talked the assistant into it, so it never answers questions that are put to people.
 */
export function chatRule(
  { id, chat }: Principal,
  { name, chat: tools }: Pick<Subjects['tool.call'], 'name' | 'chat'>,
): Decision {
  if (!chat) return allow
  if (secretAnswers.has(name))
    return deny(
      `${id} may not call ${name} from the chat: its answer is a secret, which a conversation would keep`,
      'Use the page of the dashboard, or `switchyard call`.',
    )
  if (chat.by === 'person' || finders.has(name)) return allow
  if (notForAssistant.has(name))
    return deny(`the assistant may not call ${name}: a person does`, 'Ask the person to do it.')
  const isNamed = (patterns: string[]) => patterns.some((pattern) => matchesPattern(name, pattern))
  if (tools && (isNamed(tools.deny) || (tools.allow.length > 0 && !isNamed(tools.allow))))
    return deny(
      `the assistant of ${chat.org} may not call ${name}`,
      `\`orgs.${chat.org}.chat.tools\` in switchyard.json says which tools it may use.`,
    )
  return allow
}

export const conversationRules: Pick<Rules, 'chat.use'> = {
  /** A conversation is its maker's alone: it holds what only that one may have been shown. */
  'chat.use': ({ id, kind, orgs }, { org, owner }) => {
    if (kind !== 'user') return deny(`${id} may not chat: conversations are for people`)
    if (id !== owner) return deny(`${id} may not see a conversation of somebody else`)
    return orgs.includes('*') || orgs.includes(org)
      ? allow
      : deny(`${id} does not belong to the org ${org} any more`)
  },
}
