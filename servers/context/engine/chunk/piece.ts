/** A piece of a document: whole lines, `line0` to `line1` counted from 1, below headings or symbols. */
export type Chunk = { headingPath: string; line0: number; line1: number; text: string }

/** Size that chunks are cut for: some 350 tokens, so that a pack of 4,000 holds ten different things. */
export const targetChars = 1400
export const maxChars = 2400
