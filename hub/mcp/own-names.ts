import type { Registry } from '../calls/registry.ts'
import { isOwnPrompt } from './own-prompts.ts'
import { isOwnAddress } from './own-resources.ts'

/** What the hub itself is called by, which no server behind it can take. */
export const ownNames = (registry: () => Registry) => ({
  name: (name: string): boolean => registry().get(name) !== undefined || isOwnPrompt(name),
  address: isOwnAddress,
})
