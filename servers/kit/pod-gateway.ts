/** Where browsers reach ports of pods. */
export type PodGateway = {
  /** A link that opens what is exposed under a host name, in one browser, once. */
  link(host: string, ticket: string): Promise<string>
}
