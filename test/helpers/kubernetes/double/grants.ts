/** A group of the API beyond those of Kubernetes; the real one has no words for one that it has not. */
export const groupOf = (groups: Map<string, string>, group: string) => {
  const groupVersion = groups.get(group)
  if (groupVersion === undefined) return { status: 404, body: undefined }
  return { status: 200, body: { kind: 'APIGroup', preferredVersion: { groupVersion } } }
}

/** A token for who asks for one. */
export function mint(state: { minted: Set<string>; tokenSeconds: number }) {
  const token = `minted-${state.minted.size}`
  state.minted.add(token)
  const expirationTimestamp = new Date(Date.now() + state.tokenSeconds * 1000).toISOString()
  return { status: 201, body: { kind: 'TokenRequest', status: { token, expirationTimestamp } } }
}
