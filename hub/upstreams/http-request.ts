import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Answer, Outgoing } from './http-answer.ts'
import { AnswerBody } from './http-answer.ts'

/**
 * Sends a request and resolves with its answer once the headers are there. It speaks to undici's
 * dispatcher directly: `undici.request` makes a stream, a signal and an async resource for each.
 */
export function sendRequest(
  dispatcher: Pick<Dispatcher, 'dispatch'>,
  path: string,
  { method, headers, body, cancellation }: Outgoing,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    cancellation.onCancel = reject // Until it has a connection.
    dispatcher.dispatch(
      { path, method, headers, body: body ?? null },
      new Handler(resolve, reject, cancellation),
    )
  })
}

class Handler implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: Answer) => void
  readonly #reject: (error: Error) => void
  readonly #cancellation: Outgoing['cancellation']
  #body: AnswerBody | undefined

  constructor(
    resolve: (answer: Answer) => void,
    reject: (error: Error) => void,
    cancellation: Outgoing['cancellation'],
  ) {
    this.#resolve = resolve
    this.#reject = reject
    this.#cancellation = cancellation
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#cancellation.onCancel = (reason) => controller.abort(reason)
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (statusCode < 200) return // What comes before the answer, such as 103.
    this.#body = new AnswerBody(controller)
    this.#resolve({ statusCode, headers, body: this.#body })
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.push(chunk)
  }

  onResponseEnd(): void {
    this.#cancellation.onCancel = undefined
    this.#body?.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#cancellation.onCancel = undefined
    if (this.#body) this.#body.end(error)
    else this.#reject(error)
  }
}
