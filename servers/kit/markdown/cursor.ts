/**
 * A place in one line, counted in columns as CommonMark 0.31 counts them (section 2.2): a tab goes to
 * the next multiple of four, and a container may take a part of it.
 */
export class Cursor {
  readonly text: string
  at = 0
  end = 0
  /** Where the next character that is no space stands, and how many columns lie before it. */
  first = 0
  indent = 0
  #column = 0
  #firstColumn = 0
  /** Columns left of a tab that a container took a part of. */
  #spare = 0

  constructor(text: string) {
    this.text = text
  }

  startLine(start: number, end: number): void {
    this.at = start
    this.end = end
    this.#column = 0
    this.#spare = 0
    this.#measure()
  }

  /** The code of the first character that is no space; NaN on a blank rest. */
  get code(): number {
    return this.first < this.end ? this.text.charCodeAt(this.first) : Number.NaN
  }

  get isBlank(): boolean {
    return this.first >= this.end
  }

  /** Passes over the spaces and `length` characters after them, none of which is a tab. */
  skipMark(length: number): void {
    this.at = this.first + length
    this.#column = this.#firstColumn + length
    this.#spare = 0
    this.#measure()
  }

  skipColumns(count: number): void {
    let left = count
    const taken = Math.min(this.#spare, left)
    this.#spare -= taken
    left -= taken
    for (; left > 0 && this.at < this.first; this.at++) {
      const width = this.text.charCodeAt(this.at) === 9 ? 4 - (this.#column % 4) : 1
      this.#column += width
      this.#spare = Math.max(0, width - left)
      left -= width
    }
    this.#measure()
  }

  #measure(): void {
    const { text, end } = this
    let [first, column] = [this.at, this.#column]
    for (; first < end; first++) {
      const code = text.charCodeAt(first)
      if (code === 32) column++
      else if (code === 9) column += 4 - (column % 4)
      else break
    }
    this.first = first
    this.#firstColumn = column
    this.indent = this.#spare + column - this.#column
  }
}
