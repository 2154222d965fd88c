import type { ReactiveControllerHost } from 'lit'

/**
 * Does something again and again while its host is on the page and the page is in sight, for what no
 * event tells of, such as the load of a machine.
 */
export function every(host: ReactiveControllerHost, ms: number, run: () => void): void {
  let timer: ReturnType<typeof setInterval> | undefined
  host.addController({
    hostConnected: () => {
      timer = setInterval(() => document.hidden || run(), ms)
    },
    hostDisconnected: () => clearInterval(timer),
  })
}
