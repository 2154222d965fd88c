import { html, nothing } from 'lit'
import type { PlacementCandidate } from '../../schemas/cluster.ts'
import { PageElement } from '../element.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import { problem } from './problem.ts'
import { readShape } from './shape.ts'
import { skeleton } from './skeleton.ts'

/** A field for what a pod should have, and where that fits now or why not. The shape is in the address. */
class Fit extends PageElement {
  static override properties = { thing: {}, params: {} }
  declare thing: string | undefined
  declare params: URLSearchParams
  readonly #candidates = new Query<{ candidates: PlacementCandidate[] }>(this, () => {
    const shape = this.#shape
    if (shape === undefined || typeof shape === 'string') return undefined
    return {
      tool: 'placement_explain',
      args: { ...shape, ...(this.thing ? { requirements: { cluster: this.thing } } : {}) },
      staleBy: ({ kind }) => kind.startsWith('pod.') || kind.startsWith('agent.'),
    }
  })

  get #shape() {
    const text = this.params.get('shape')
    return text === null || text.trim() === '' ? undefined : readShape(text)
  }

  override render() {
    const shape = this.#shape
    const { value, error, isLoading } = this.#candidates
    const all = value?.candidates ?? []
    const fitting = all.filter(({ fits }) => fits).length
    return html`<section aria-label="What fits">
      <form class="fit" role="search" @submit=${this.#ask}>
        <label for="shape">What fits?</label>
        <input
          id="shape"
          name="shape"
          placeholder="2 CPU, 4 GiB, 1 GPU"
          autocomplete="off"
          value=${this.params.get('shape') ?? ''}
          aria-describedby="shape-help"
        />
        <button>Look</button>
        <small id="shape-help" class="soft"
          >Cores, memory, and tags that a machine must have, such as <code>arch:x64</code></small
        >
      </form>
      ${typeof shape === 'string' ? html`<p class="problem" role="alert">${shape}</p>` : problem(error)}
      ${isLoading ? skeleton(2) : nothing}
      ${
        value && shape !== undefined
          ? html`<p role="status">
                <b
                  >${fitting === 0 ? 'It fits nowhere now' : `It fits in ${fitting} of ${all.length} places`}</b
                >
              </p>
              <ul class="candidates">
                ${all.map(candidate)}
              </ul>`
          : nothing
      }
    </section>`
  }

  readonly #ask = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.target as HTMLFormElement // The listener sits on it.
    const shape = form.querySelector('input')?.value ?? ''
    location.hash = href('clusters', this.thing, { ...Object.fromEntries(this.params), shape })
  }
}

const candidate = ({ kind, name, fits, passes, reasons, score }: PlacementCandidate) =>
  html`<li>
    <span class="verdict" data-fits=${String(fits)}
      >${fits ? '✓ fits' : passes ? '… not now' : '✕ cannot'}</span
    >
    <strong>${name}</strong> <span class="soft">${kind}${fits ? `, score ${score}` : ''}</span>
    <span class="reasons">${reasons.join('; ')}</span>
  </li>`

customElements.define('sy-fit', Fit)
