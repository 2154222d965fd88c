import { Buffer } from 'node:buffer'

/** What a tool answered that reads a picture. */
type Read = { mediaType: string; data: string }

/**
 * A picture as a browser gets it: of the kind that its content says, drawn as pixels alone. Even opened
 * by itself it may run and load nothing.
 */
export function pictureResponse(read: unknown): Response {
  const { mediaType, data } = read as Read // As both tools' output schemas say.
  return new Response(Buffer.from(data, 'base64'), {
    headers: {
      'content-type': mediaType,
      'content-disposition': 'inline',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-cache',
    },
  })
}
