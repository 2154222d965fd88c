import { execFileSync, spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { makeFolder } from '../folder.ts'
import { until } from '../hub.ts'
import { end } from './processes.ts'

const [here, there] = ['198.51.100.1', '198.51.100.2']
const port = 80

/**
 * A machine outside of the cluster, which is a network of its own behind the node: a web server at an
 * address that pods reach by the node alone. Returns `address:port`.
 */
export async function startOutside(): Promise<string> {
  const script = `until ip link show eth0 >/dev/null 2>&1; do sleep 0.1; done
ip address add ${there}/24 dev eth0 && ip link set eth0 up && ip route add default via ${here}
exec busybox httpd -f -p ${port} -h ${makeFolder('outside')}`
  const child = spawn('unshare', ['--net', 'sh', '-c', script], { stdio: 'ignore' })
  onTestFinished(() => end(child))
  const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' })
  ip('link', 'add', 'outside0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${child.pid}`)
  ip('address', 'add', `${here}/24`, 'dev', 'outside0')
  ip('link', 'set', 'outside0', 'up')
  await until(() =>
    fetch(`http://${there}:${port}/`).then(
      () => true,
      () => false,
    ),
  )
  return `${there}:${port}`
}
