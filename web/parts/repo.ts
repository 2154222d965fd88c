import type { Repository } from '../../schemas/repo.ts'
import { PageElement } from '../element.ts'
import { Query } from '../query.ts'

/** A repository by the name of its folder, which people know; its id where that cannot be told. */
class Repo extends PageElement {
  static override properties = { repo: {} }
  declare repo: string
  readonly #known = new Query<{ items: Repository[] }>(this, () => ({
    tool: 'repo_list',
    args: { limit: 500 },
  }))

  override render() {
    const found = this.#known.value?.items.find(({ id }) => id === this.repo)
    this.title = found?.path ?? this.repo
    return repoName(found) ?? this.repo
  }
}

export const repoName = (repository: Repository | undefined): string | undefined =>
  repository?.path.split('/').at(-1)

customElements.define('sy-repo', Repo)
