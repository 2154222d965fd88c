import type { Dispatcher } from 'undici'
import { HubError } from '../../schemas/errors.ts'
import type { SignIn } from './sign-in/sign-in.ts'

/** Where an upstream is, and what lets the hub in: configured headers, or a sign-in. */
export type Address = {
  url: string
  headers: Headers
  signIn: SignIn | undefined
}

export type Headers = Record<string, string>

/** A request to it, but for the path, which is always the same. */
export type Outgoing = Pick<Dispatcher.RequestOptions, 'body' | 'signal'> & {
  method: 'GET' | 'POST' | 'DELETE'
  headers: Headers
}

export type Answer = Dispatcher.ResponseData

const maxAnswerBytes = 32 * 1024 * 1024

export const isEventStream = (answer: Answer): boolean =>
  String(answer.headers['content-type'] ?? '').startsWith('text/event-stream')

/** The whole body. Its events cost a third of what iterating over it does. */
export function readText({ body }: Answer): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    body.on('data', (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > maxAnswerBytes)
        body.destroy(new HubError('exhausted', 'the upstream sent more than one message may hold'))
    })
    body.on('end', () =>
      resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8')),
    )
    body.on('error', reject)
  })
}
