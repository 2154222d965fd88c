import { html, nothing } from 'lit'
import type { Artifact } from '../../schemas/artifact.ts'
import type { Task } from '../../schemas/task.ts'
import { PageElement } from '../element.ts'
import { changed, choices } from '../parts/chips.ts'
import { packView } from '../parts/pack.ts'
import type { Pack } from '../parts/pack.ts'
import { problem } from '../parts/problem.ts'
import '../parts/search-field.ts'
import { skeleton } from '../parts/skeleton.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'

const sizes = [1000, 4000, 16_000, 64_000]
/** Above the largest pack and its list of pieces. */
const mostBytes = 1_000_000

/** Builds a pack for a question, or shows what the pack of a task held when its agent began. */
class PackView extends PageElement {
  static override properties = { params: {} }
  declare params: URLSearchParams
  readonly #task = new Query<{ task: Task }>(this, () =>
    this.#id ? { tool: 'task_read', args: { task: this.#id } } : undefined,
  )
  readonly #artifacts = new Query<{ items: Artifact[] }>(this, () =>
    this.#id
      ? {
          tool: 'artifact_list',
          args: { task: this.#id },
          staleBy: ({ task }) => task === this.#id,
        }
      : undefined,
  )
  readonly #kept = new Query<{ data: string }>(this, () =>
    this.#artifact
      ? { tool: 'artifact_read', args: { artifact: this.#artifact.id, max_bytes: mostBytes } }
      : undefined,
  )
  readonly #built = new Query<Pack>(this, () =>
    this.#query === '' || this.#artifact || (this.#id && !this.#artifacts.value)
      ? undefined
      : {
          tool: 'context_pack',
          args: { query: this.#query, max_tokens: this.#most },
        },
  )

  override render() {
    return html`${this.#id ? this.#ofTask() : this.#builder()}`
  }

  get #id(): string | undefined {
    return this.params.get('task') ?? undefined
  }

  get #artifact(): Artifact | undefined {
    return this.#artifacts.value?.items.find(({ name }) => name === 'context.json')
  }

  get #most(): number {
    return Math.min(100_000, Math.max(200, Number(this.params.get('tokens')) || 4000))
  }

  get #query(): string {
    const goal = this.#task.value?.task.params.goal
    return (this.#id ? (typeof goal === 'string' ? goal : '') : (this.params.get('q') ?? '')).slice(
      0,
      4000,
    )
  }

  #builder() {
    const address = (changes: Record<string, string | undefined>) =>
      href('context', 'pack', changed(this.params, changes))
    return html`<h2 class="visually-hidden">Build a pack</h2>
      <sy-search-field
        .value=${this.params.get('q') ?? ''}
        label="What the pack is for"
        placeholder="What should be done?"
        @find=${(event: CustomEvent<string>) => location.replace(address({ q: event.detail }))}
      ></sy-search-field>
      ${choices(
        'Size of the pack',
        sizes.map((size) => ({
          text: `${size.toLocaleString('en')} tokens`,
          href: address({ tokens: String(size) }),
          isOn: size === this.#most,
        })),
      )}
      ${this.#query === '' ? html`<p class="empty">A pack is what an agent is told before it begins. Say what it is for, and see what it would hold.</p>` : this.#now()}`
  }

  #ofTask() {
    const { value, error } = this.#task
    if (!value) return error ? problem(error) : skeleton(8)
    const { task } = value
    const head = html`<h2 class="title">
        ${this.#artifact ? 'What the agent was told' : 'Context for a task'}
      </h2>
      <p class="line">
        for <a href=${href('tasks', task.id)}>${task.title}</a>
        ${this.#artifact ? html`<span>attempt ${this.#artifact.attempt}</span>` : nothing}
      </p>`
    if (!this.#artifacts.value)
      return html`${head}${this.#artifacts.error ? problem(this.#artifacts.error) : skeleton(8)}`
    if (this.#artifact) return html`${head}${this.#keptPack()}`
    if (this.#query === '')
      return html`${head}
        <p class="empty">This task has no goal to pack context for.</p>`
    return html`${head}
      <p class="line warn">It kept no pack. This is what one for its goal holds now.</p>
      ${this.#now()}`
  }

  #keptPack() {
    const { value, error } = this.#kept
    if (!value) return error ? problem(error) : skeleton(8)
    const pack = readPack(value.data)
    return pack
      ? packView(pack)
      : html`<p class="empty">
          What it kept cannot be read as a pack.
          <a href="/artifacts/${this.#artifact?.id}" download>Download it</a>
        </p>`
  }

  #now() {
    const { value, error } = this.#built
    if (!value) return error ? problem(error) : skeleton(8)
    return html`${problem(error)}${packView(value, this.#most)}`
  }
}

/** An artifact is a file of an agent: it is a pack only if it looks like one. */
function readPack(text: string): Pack | undefined {
  try {
    const { items, omitted, degraded, state, ...pack } = JSON.parse(text) as Partial<Pack> // Checked here.
    if (typeof pack.text !== 'string' || !Array.isArray(items)) return undefined
    const isPiece = (item: unknown) =>
      typeof item === 'object' &&
      item !== null &&
      typeof (item as { cite?: unknown }).cite === 'string'
    return {
      text: pack.text,
      tokens: Number(pack.tokens) || 0,
      state: state === 'reading' || state === 'empty' ? state : 'ready',
      items: items.filter(isPiece),
      omitted: { ...omitted, count: Number(omitted?.count) || 0 },
      degraded: Array.isArray(degraded) ? degraded.map(String) : [],
    }
  } catch {
    return undefined // Not JSON, or cut.
  }
}

customElements.define('sy-pack', PackView)
