import type { Mention, OpenPage } from '../../schemas/chat-part.ts'
import type { Attached } from './attachments.ts'
import { mostAttachments, readFile } from './attachments.ts'

const mostMentions = 12

/** What goes along with a message that is being written: files, named things, the open page. */
export class Along {
  files: Attached[] = []
  mentions: Mention[] = []
  /** Why something does not go along. */
  problems: string[] = []
  page: OpenPage | undefined
  #reading: Promise<unknown> = Promise.resolve()
  #readingCount = 0
  readonly #changed: () => void
  /** The page that a person took away; another page is offered again. */
  #without: string | undefined

  constructor(changed: () => void) {
    this.#changed = changed
  }

  get isEmpty(): boolean {
    return this.files.length === 0 && !this.isReading
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

  /** Whether files are on their way to the hub. */
  get isReading(): boolean {
    return this.#readingCount > 0
  }

  /** Resolves when all that was attached is read. */
  get ready(): Promise<unknown> {
    return this.#reading
  }

  attach(files: Iterable<File>): Promise<void> {
    const reading = Promise.all([...files].map(readFile)).finally(() => this.#readingCount--)
    this.#readingCount++
    this.#changed()
    const added = reading.then((read) => {
      this.problems = read.flatMap((one) => ('refused' in one ? [one.refused] : []))
      this.add(...read.filter((one): one is Attached => !('refused' in one)))
    })
    this.#reading = Promise.allSettled([this.#reading, added])
    return added
  }

  /** Takes in what is at hand already. */
  add(...files: Attached[]): void {
    const all = [...this.files, ...files]
    this.files = all.slice(0, mostAttachments)
    if (all.length > mostAttachments)
      this.problems = [...this.problems, `At most ${mostAttachments} files go along.`]
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
