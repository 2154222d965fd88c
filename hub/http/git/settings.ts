type Setting = [key: string, value: string]

const megabyte = 1_048_576

/** How Git's server behaves for one task: what is bounded, and the one ref that a push may move. */
export const serverSettings = (branch: string, maxPushMb: number): Setting[] => [
  ['http.getanyfile', 'false'],
  ['http.uploadpack', 'true'],
  ['http.receivepack', 'true'],
  // The last one that matches counts: everything but the branch is hidden from pushes, and refuses them.
  ['receive.hideRefs', 'refs'],
  ['receive.hideRefs', `!refs/heads/${branch}`],
  ['receive.denyDeletes', 'true'],
  ['receive.denyNonFastForwards', 'true'],
  ['receive.fsckObjects', 'true'],
  ['receive.autogc', 'false'],
  // Kept as it comes: the refusal of one that is too large names the limit only there.
  ['receive.unpackLimit', '1'],
  ['receive.maxInputSize', String(maxPushMb * megabyte)],
  // Several fetches at a time share the machine with everything else.
  ['pack.threads', '1'],
  ['pack.windowMemory', '64m'],
  ['pack.deltaCacheSize', '32m'],
  ['core.packedGitLimit', '128m'],
  ['core.bigFileThreshold', '16m'],
]

/** A negotiation is a list of hashes; only a push has a pack in it. */
export const maxBodyBytes = (action: string, maxPushMb: number): number =>
  action === 'git-receive-pack' ? (2 * maxPushMb + 1) * megabyte : 8 * megabyte
