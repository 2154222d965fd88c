import type { Mention, OpenPage } from '../../schemas/chat-part.ts'
import type { Attached } from './attachments.ts'
import { mostAttachments, readFiles } from './attachments.ts'

const mostMentions = 12

/** What goes along with a message that is being written: files, named things, the open page. */
export class Along {
  files: Attached[] = []
  mentions: Mention[] = []
  /** Why something does not go along. */
  problems: string[] = []
  page: OpenPage | undefined
  readonly #changed: () => void
  /** The page that a person took away; another page is offered again. */
  #without: string | undefined

  constructor(changed: () => void) {
    this.#changed = changed
  }

  get isEmpty(): boolean {
    return this.files.length === 0
  }

  /** The page that is open now, unless it was taken away. */
  offer(page: OpenPage | undefined): void {
    this.page = page?.url === this.#without ? undefined : page
  }

  mention(mention: Mention): void {
    const others = this.mentions.filter(
      ({ kind, id }) => kind !== mention.kind || id !== mention.id,
    )
    this.mentions = [...others, mention].slice(-mostMentions)
    this.#changed()
  }

  async attach(files: Iterable<File>): Promise<void> {
    const { read, refused } = await readFiles(files)
    const all = [...this.files, ...read]
    this.files = all.slice(0, mostAttachments)
    const tooMany = all.length > mostAttachments
    this.problems = tooMany ? [...refused, `At most ${mostAttachments} files go along.`] : refused
    this.#changed()
  }

  without(gone: Attached | Mention | OpenPage): void {
    if (gone === this.page) [this.#without, this.page] = [this.page?.url, undefined]
    this.files = this.files.filter((one) => one !== gone)
    this.mentions = this.mentions.filter((one) => one !== gone)
    this.#changed()
  }

  /** Takes what goes with this text. A thing whose name was taken out of it again is not meant. */
  take(text: string): Pick<Along, 'files' | 'mentions'> {
    const isMeant = ({ label, id }: Mention) => text.includes(`@${label ?? id}`)
    const taken = { files: this.files, mentions: this.mentions.filter(isMeant) }
    this.putBack({ files: [], mentions: [] })
    return taken
  }

  putBack({ files, mentions }: Pick<Along, 'files' | 'mentions'>): void {
    ;[this.files, this.mentions, this.problems] = [files, mentions, []]
    this.#changed()
  }
}
