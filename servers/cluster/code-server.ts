/** Ends with 0 where a pod has the editor. */
export const codeServerProbe = ['/bin/sh', '-c', 'command -v code-server >/dev/null']

/**
 * The editor in a pod, on the folder of its work. Who may open it is decided by the hub, so it asks for
 * no password; where its cluster passes requests on to the pod's own address it has to listen there.
 */
export const codeServerCommand = (port: number, listens: 'loopback' | 'pod'): string[] => [
  '/bin/sh',
  '-c',
  'exec code-server --auth none --disable-telemetry --disable-update-check --disable-workspace-trust --user-data-dir "$HOME/.code-server" --bind-addr "$0" "${SWITCHYARD_WORK:-.}"',
  `${listens === 'pod' ? '0.0.0.0' : '127.0.0.1'}:${port}`,
]
