/**
 * What is counted of an agent's work. It names no task and holds no text, and costs nothing until
 * somebody reads it.
 */
export class Measures {
  /** Which try at its task the agent is at; 0 before it has one. */
  attempt = 0
  /** Steps of the model loop, or tool calls of an external agent. */
  steps = 0
  readonly modelCalls = { ok: 0, failed: 0 }
  readonly tokens = { input: 0, output: 0 }
  readonly toolCalls = { ok: 0, failed: 0 }
  #beatAt: number | undefined

  /** The hub has answered a heartbeat. */
  beat(): void {
    this.#beatAt = performance.now()
  }

  /** Seconds since the hub last answered a heartbeat; undefined before the first. */
  get silentSeconds(): number | undefined {
    return this.#beatAt === undefined ? undefined : (performance.now() - this.#beatAt) / 1000
  }

  /** Counts a model call by what became of it. */
  async modelCall<T extends { usage: { inputTokens: number; outputTokens: number } }>(
    call: Promise<T>,
  ): Promise<T> {
    try {
      const answer = await call
      this.modelCalls.ok++
      this.used(answer.usage)
      return answer
    } catch (error) {
      this.modelCalls.failed++
      throw error
    }
  }

  used({ inputTokens, outputTokens }: { inputTokens: number; outputTokens: number }): void {
    this.tokens.input += inputTokens
    this.tokens.output += outputTokens
  }
}
