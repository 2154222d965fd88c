import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const nonceBytes = 12
const tagBytes = 16

/**
 * Keeps credentials unreadable to who has the store without the key. What is sealed belongs to the
 * place that is named with it, and opens nowhere else. AES-256-GCM, NIST SP 800-38D.
 */
export class Seal {
  readonly #key: Buffer

  /** `key`: 32 bytes. */
  constructor(key: Buffer) {
    this.#key = key
  }

  close(place: string, text: string): Buffer {
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(place))
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
  }

  /** The text, or undefined where it was sealed with another key or for another place. */
  open(place: string, bytes: Uint8Array): string | undefined {
    const nonce = bytes.subarray(0, nonceBytes)
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce)
      .setAAD(Buffer.from(place))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
    try {
      const text = decipher.update(bytes.subarray(nonceBytes + tagBytes))
      return Buffer.concat([text, decipher.final()]).toString('utf8')
    } catch {
      return undefined // Its tag does not fit: the only way in which this fails.
    }
  }
}
