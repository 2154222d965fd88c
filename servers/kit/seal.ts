/** Makes text unreadable to who has the store without its key; it opens only at the place it was closed for. */
export type Seal = {
  close(place: string, text: string): Buffer
  /** Undefined where it was sealed with another key or for another place. */
  open(place: string, bytes: Uint8Array): string | undefined
}
