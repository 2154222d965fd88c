import type { TestHub } from './hub.ts'

/** A picture of one red pixel. */
export const redDot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==',
  'base64',
)

/** The same as a GIF. */
export const dotGif = Buffer.from('R0lGODlhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=', 'base64')

/** Keeps the red dot for a message, and returns its id. */
export async function attachDot(hub: Pick<TestHub, 'call'>): Promise<string> {
  const data = redDot.toString('base64')
  return (await hub.call<{ id: string }>('chat_attach', { name: 'dot.png', data })).id
}
