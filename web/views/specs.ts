import { html, nothing } from 'lit'
import type { Repository } from '../../schemas/repo.ts'
import type { Feature } from '../../schemas/spec.ts'
import { PageElement } from '../element.ts'
import { featureRow } from '../parts/feature.ts'
import { problem } from '../parts/problem.ts'
import { rows } from '../parts/rows.ts'
import { skeleton } from '../parts/skeleton.ts'
import { Query } from '../query.ts'
import { go, href } from '../route.ts'
import '../parts/feature-new.ts'
import './spec.ts'
import '../parts/thing.css'
import './specs.css'

/** Specifications: the features of a repository on the left, the one that is open on the right. */
class Specs extends PageElement {
  static override properties = { thing: {}, params: {} }
  declare thing: string | undefined
  declare params: URLSearchParams
  readonly #repos = new Query<{ items: Repository[] }>(this, () => ({
    tool: 'repo_list',
    args: { limit: 500 },
  }))

  override render() {
    const { value, error } = this.#repos
    if (!value) return error ? problem(error) : skeleton(8)
    const repo = this.params.get('repo') ?? value.items[0]?.path
    if (repo === undefined) return noRepository
    const project = this.params.get('project') ?? ''
    const isOpen = this.thing !== undefined || this.params.has('new')
    return html`<h1 class="visually-hidden">Specs</h1>
      <div class="pair specs" ?data-open=${isOpen}>
        <section aria-label="Features">
          ${this.#chooser(value.items, repo, project)} ${this.#list(repo, project)}
        </section>
        <div class="thing">
          ${
            this.thing !== undefined
              ? html`<sy-spec
                  .repo=${repo}
                  .project=${project}
                  .feature=${this.thing}
                  .params=${this.params}
                ></sy-spec>`
              : this.params.has('new')
                ? html`<sy-feature-new .repo=${repo} .project=${project}></sy-feature-new>`
                : html`<p class="nothing wide-only">
                    Open a feature to read its documents, its tasks, and what covers what.
                  </p>`
          }
        </div>
      </div>`
  }

  #chooser(all: Repository[], repo: string, project: string) {
    const isKnown = all.some(({ path, id }) => path === repo || id === repo)
    return html`<form class="chooser" @change=${this.#choose} @submit=${this.#choose}>
      <select name="repo" aria-label="Repository">
        ${isKnown ? nothing : html`<option selected value=${repo}>${repo}</option>`}
        ${all.map(
          ({ path, id }) =>
            html`<option value=${path} ?selected=${path === repo || id === repo}>
              ${path.split('/').at(-1)}
            </option>`,
        )}
      </select>
      <details ?open=${project !== ''}>
        <summary>Project folder</summary>
        <input
          name="project"
          aria-label="Folder of the project in the repository"
          placeholder="the repository itself"
          maxlength="500"
          .value=${project}
        />
      </details>
      <a href=${href('specs', undefined, { ...placeOf(repo, project), new: '1' })}>New feature</a>
    </form>`
  }

  readonly #choose = (event: Event): void => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget as HTMLFormElement) // The listener sits on the form.
    const [repo, project] = [fields.get('repo'), fields.get('project')]
    go('specs', undefined, {
      ...(typeof repo === 'string' ? { repo } : {}),
      ...(typeof project === 'string' && project !== '' ? { project } : {}),
    })
  }

  #list(repo: string, project: string) {
    const place = placeOf(repo, project)
    return rows<Feature>({
      label: 'Features',
      asked: { tool: 'spec_list', args: { repo, project } },
      key: ({ name }) => name,
      row: (feature) => featureRow(feature, href('specs', feature.name, place)),
      empty: html`<p class="empty">
        No features in <code>${repo}</code> yet. Spec-Kit keeps them in <code>specs/</code>.
      </p>`,
      current: this.thing,
    })
  }
}

const placeOf = (repo: string, project: string): Record<string, string> => ({
  repo,
  ...(project === '' ? {} : { project }),
})

const noRepository = html`<section class="empty">
  <h1>No repository yet</h1>
  <p>A repository is known here from its first task. Submit one that names it, then come back.</p>
</section>`

customElements.define('sy-page-specs', Specs)
