import type { LanguageModelV4Prompt } from '@ai-sdk/provider'
import { z } from 'zod'
import { ollamaUrl } from './providers.ts'

type Message = LanguageModelV4Prompt[number]
type UserPart = Extract<Message, { role: 'user' }>['content'][number]

/** Marks a picture of something said earlier: a model that takes none goes without it. */
export const earlierPicture = { providerOptions: { switchyard: { earlier: true } } }

const isPicture = (part: UserPart): boolean =>
  part.type === 'file' && part.mediaType.startsWith('image/')

export const hasPictures = (prompt: LanguageModelV4Prompt): boolean =>
  prompt.some(({ role, content }) => role === 'user' && content.some(isPicture))

/** The prompt for a model that takes no pictures: earlier ones are left out, and it is told so. */
export const withoutEarlier = (prompt: LanguageModelV4Prompt): LanguageModelV4Prompt =>
  prompt.map((message) =>
    message.role === 'user'
      ? { ...message, content: message.content.map((part) => (isEarlier(part) ? leftOut : part)) }
      : message,
  )

const isEarlier = (part: UserPart): boolean =>
  isPicture(part) && part.providerOptions?.switchyard?.earlier === true

const leftOut: UserPart = { type: 'text', text: '[a picture, which you cannot see]' }

const Shown = z.object({ capabilities: z.array(z.string()).optional() })

/** Whether a model takes pictures; undefined where its server does not say, and asking it will tell. */
export async function takesPictures(
  name: string,
  environment: Record<string, string | undefined>,
): Promise<boolean | undefined> {
  const [provider, ...rest] = name.split('/')
  if (provider === 'scripted') return false
  if (provider !== 'ollama') return undefined
  try {
    const response = await fetch(`${ollamaUrl(environment)}/api/show`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: rest.join('/') }),
      signal: AbortSignal.timeout(3000),
    })
    const shown = Shown.safeParse(await response.json())
    return shown.data?.capabilities?.includes('vision')
  } catch {
    return undefined // The call itself will say what is wrong with the server.
  }
}
