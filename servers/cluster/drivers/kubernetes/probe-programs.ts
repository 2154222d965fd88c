/** How a probe says by its exit code what it found; anything else is no answer. */
const reachedAll = 40
const cannot = 20

type ProbeTargets = {
  /** The neighbour, as `address:port`. */
  neighbour: string
  /** The hub, where pods have an address of it. */
  hub?: string | undefined
}

/** What a probe that has ended found, or undefined where it had nothing to try with. */
export type ProbeFinding = { neighbour: boolean; dns: boolean; hub: boolean }

export const findingOf = (exitCode: number | null): ProbeFinding | undefined => {
  if (exitCode === null || exitCode < reachedAll || exitCode > reachedAll + 7) return undefined
  const bits = exitCode - reachedAll
  return { neighbour: (bits & 1) > 0, dns: (bits & 2) > 0, hub: (bits & 4) > 0 }
}

/** Ways to run the probes, to be tried in order: an image has Node, or a shell with `nc`, or neither. */
export const probePrograms = [
  { name: 'node', listen: nodeListener, dial: nodeDialer },
  { name: 'a shell with nc', listen: shellListener, dial: shellDialer },
]

/** Seconds that a probe gives a target, in which a network plugin may still be busy with a new pod. */
const trySeconds = 12

function nodeListener(port: number): string[] {
  return ['node', '-e', `require('net').createServer((s) => s.destroy()).listen(${port})`]
}

/**
 * Whether `wanted` is what shall be found of the neighbour: it is tried until it is so twice running,
 * since a plugin needs a moment to lay a policy around a new pod.
 */
function nodeDialer({ neighbour, hub = '' }: ProbeTargets, wanted: boolean): string[] {
  const script = `
const net = require('net')
const dial = (at) => new Promise((done) => {
  if (!at) return done(false)
  const cut = at.lastIndexOf(':')
  const socket = net.connect({ host: at.slice(0, cut).replace(/[[\\]]/g, ''), port: Number(at.slice(cut + 1)) })
  const end = (reached) => { socket.destroy(); done(reached) }
  socket.setTimeout(1500, () => end(false)).once('connect', () => end(true)).once('error', () => end(false))
})
const wait = (ms) => new Promise((done) => setTimeout(done, ms))
const settle = async (at, wanted) => {
  const until = Date.now() + ${trySeconds * 1000}
  for (let same = 0, last; ; ) {
    last = await dial(at)
    same = last === wanted ? same + 1 : 0
    if (same === 2 || !at || Date.now() > until) return last
    await wait(300)
  }
}
const read = () => { try { return require('fs').readFileSync('/etc/resolv.conf', 'utf8') } catch { return '' } }
const dns = (/^nameserver\\s+(\\S+)/m.exec(read()) || [])[1]
Promise.all([settle('${neighbour}', ${wanted}), settle(dns && dns + ':53', true), settle('${hub}', true)])
  .then(([a, b, c]) => process.exit(${reachedAll} + (a ? 1 : 0) + (b ? 2 : 0) + (c ? 4 : 0)))`
  return ['node', '-e', script]
}

function shellListener(port: number): string[] {
  // One connection each time: there are two kinds of nc, and only this is common to them.
  const script = `command -v nc >/dev/null || exit ${cannot}
while :; do nc -l -p ${port} </dev/null >/dev/null 2>&1 || nc -l ${port} </dev/null >/dev/null 2>&1 || sleep 1; done`
  return ['/bin/sh', '-c', script]
}

function shellDialer({ neighbour, hub = '' }: ProbeTargets, wanted: boolean): string[] {
  // One after the other, each with a try of some seconds, so what is only told along is tried less
  // often, and not at all by a pod of which nothing but its neighbour is asked.
  const rest = wanted ? `b=$(settle "$dns" 53 1 2); c=$(settle ${shellWords(hub)} 1 2)` : 'b=0; c=0'
  // Whom it reached, it may wait for; whom it did not, it gives up before the time is over.
  const script = `command -v nc >/dev/null && command -v timeout >/dev/null || exit ${cannot}
dial() {
  [ -n "$1" ] || { echo 0; return; }
  timeout 4 nc -w 2 "$1" "$2" </dev/null >/dev/null 2>&1
  case $? in 0 | 124 | 137 | 143) echo 1 ;; *) echo 0 ;; esac
}
settle() {
  n=0; same=0
  while [ $n -lt "$4" ]; do
    last=$(dial "$1" "$2"); n=$((n + 1))
    [ "$last" = "$3" ] && same=$((same + 1)) || same=0
    { [ $same -eq 2 ] || [ -z "$1" ]; } && break
    sleep 1
  done
  echo $last
}
dns=$(sed -n 's/^nameserver *//p' /etc/resolv.conf 2>/dev/null | head -n 1)
a=$(settle ${shellWords(neighbour)} ${wanted ? 1 : 0} ${trySeconds})
${rest}
exit $((${reachedAll} + a + 2 * b + 4 * c))`
  return ['/bin/sh', '-c', script]
}

/** Host and port as two words; both come from addresses and URLs that were parsed, so nothing in them is quoted. */
function shellWords(target: string): string {
  const cut = target.lastIndexOf(':')
  const host = target.slice(0, Math.max(0, cut)).replace(/[[\]]/g, '')
  return `'${host}' '${target.slice(cut + 1)}'`
}
