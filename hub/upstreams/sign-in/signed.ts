import type { Answer } from '../http-answer.ts'
import type { SignIn } from './sign-in.ts'

/**
 * Sends a request with the credential that authenticates the hub. Refused, it is sent once more with a
 * better one, where that can be had without a person; a second refusal for a nonce allows a third try.
 */
export async function sendSigned(
  signIn: SignIn | undefined,
  method: string,
  send: (headers: Record<string, string> | undefined) => Promise<Answer>,
): Promise<Answer> {
  if (!signIn) return send(undefined)
  for (let tries = 0; ; tries++) {
    const { token } = signIn
    const answer = await send(await signIn.credential(method))
    signIn.observe(answer.headers)
    const authenticate = answer.headers['www-authenticate'] ?? ''
    if (!isRefusal(answer.statusCode, authenticate) || tries === maxTries) return answer
    await answer.body.dump()
    await signIn.answer({ status: answer.statusCode, authenticate, token })
  }
}

const maxTries = 2

const isRefusal = (status: number, authenticate: string) =>
  status === 401 || (status === 403 && /\binsufficient_scope\b/.test(authenticate))
