import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { carryOn } from '../../hub/controllers/plans.ts'
import type { ControllerContext } from '../../hub/controllers/context.ts'
import type { Granted } from '../../agent/lease.ts'
import type { Event } from '../../schemas/event.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Plan, Step } from '../../schemas/plan.ts'
import type { Task } from '../../schemas/task.ts'
import { listEvents } from '../../servers/orchestration/store/events.ts'
import { StoreCalls } from './store-calls.ts'

/** The process ends here: what was committed is, what was not is not, and nobody heard of either. */
class Crash extends Error {}

type Fault = { afterCalls: number; isDone: boolean }

/** A store, the plan controller and an agent, in one hand, so that any of them can be stopped anywhere. */
export class PlanHistory {
  readonly #folder: string
  #calls: StoreCalls
  #cursor = 0
  #workers = 0
  crashes = 0

  constructor(root: string) {
    this.#folder = mkdtempSync(join(root, 'plan-history-'))
    this.#calls = this.#open()
  }

  get reader() {
    return this.#calls.store.reader
  }

  call<T>(tool: string, args: Record<string, unknown>): Promise<T> {
    return this.#calls.call<T>(tool, args)
  }

  /** Calls what may be refused in the state that things are in. */
  async tryCall(tool: string, args: Record<string, unknown>): Promise<boolean> {
    try {
      await this.call(tool, args)
      return true
    } catch (error) {
      if (error instanceof HubError && ['conflict', 'not_found'].includes(error.code)) return false
      throw error
    }
  }

  async restart(): Promise<void> {
    await this.#calls.store.close()
    this.#calls = this.#open()
  }

  async end(): Promise<void> {
    await this.#calls.store.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Lets the controller read on; with a fault, until it is killed before or after one of its calls. */
  async control(fault?: Fault): Promise<boolean> {
    let left = fault?.afterCalls ?? Infinity
    const context = {
      store: this.#calls.store,
      signal: new AbortController().signal,
      call: async (tool: string, args: Record<string, unknown>) => {
        if (left-- > 0) return this.call(tool, args)
        if (fault?.isDone) await this.call(tool, args)
        throw new Crash()
      },
    } as unknown as ControllerContext // As much of it as carryOn uses.
    const events = await this.events(this.#cursor)
    try {
      for (const event of events) {
        try {
          await carryOn(context, event)
        } catch (error) {
          if (!(error instanceof HubError)) throw error // As `follow` does, which tries these in vain.
          if (error.code !== 'conflict' && error.code !== 'not_found') throw error
        }
      }
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      this.crashes++
      await this.restart()
      return true
    }
    this.#cursor = events.at(-1)?.seq ?? this.#cursor
    return events.length > 0
  }

  /** Takes the next task and reports; false when there is none. */
  async work(outcome: 'succeeded' | 'failed' | 'proposed' | 'lost'): Promise<boolean> {
    const agent = `worker-${++this.#workers}`
    const { lease } = await this.call<{ lease?: Granted }>('task_claim', { agent })
    if (!lease) return false
    const bound = { task: lease.task.id, fence: lease.fence }
    if (outcome === 'lost') {
      await this.call('task_reap', { task: lease.task.id, reason: 'it vanished' })
      return true
    }
    const ending =
      outcome === 'failed'
        ? { failure: { code: 'chance', message: 'by chance' } }
        : { result: { summary: 'done', exitCode: 0 } }
    await this.call('task_report', { ...bound, outcome, ...ending })
    return true
  }

  /** Ends or sends back the oldest review; false when there is none. */
  async review(event: 'merged' | 'closed' | 'changes_requested'): Promise<boolean> {
    const { items } = await this.call<{ items: Task[] }>('task_list', { state: 'in_review' })
    const task = items.at(-1)?.id
    if (task === undefined) return false
    await this.call('task_settle', { task, event, message: 'by chance' })
    return true
  }

  async plan(id: string): Promise<{ plan: Plan; steps: Step[] }> {
    const read = await this.call<{ plan: Plan; items: Step[] }>('plan_read', {
      plan: id,
      limit: 200,
    })
    return { plan: read.plan, steps: read.items }
  }

  events(after = 0): Promise<Event[]> {
    return listEvents(this.reader, {
      principal: 'test',
      after,
      limit: 100_000,
      task: undefined,
      orgs: undefined,
    })
  }

  #open(): StoreCalls {
    return new StoreCalls(this.#folder, join(this.#folder, 'switchyard.db'))
  }
}
