import { dirname } from 'node:path'
import type { Sandbox, View } from './sandbox.ts'

/** The command line that runs a program under a generated profile of macOS's own sandbox. */
export const seatbeltCommand = (sandbox: Sandbox, command: string[]): string[] => [
  '/usr/bin/sandbox-exec',
  '-p',
  seatbeltProfile(sandbox),
  ...command,
]

/**
 * The last rule that matches wins. Files are the same as with the other ways. A program could also
 * have another one, outside, act for it, so services of the system are closed but for those that
 * name lookup and TLS need, and so are events to other applications and signals to other processes.
 */
export function seatbeltProfile({ shown }: Sandbox): string {
  const exposed = shown.filter(({ as }) => as !== 'hide')
  return [
    '(version 1)',
    '(allow default)',
    '(deny mach-lookup)',
    `(allow mach-lookup ${services.map((name) => `(global-name ${quote(name)})`).join(' ')})`,
    '(deny appleevent-send)',
    '(deny lsopen)',
    '(deny job-creation)',
    '(deny signal)',
    '(allow signal (target same-sandbox))',
    '(deny process-info*)',
    '(allow process-info* (target same-sandbox))',
    '(deny file-write*)',
    `(allow file-write* ${devices.map((path) => `(literal ${quote(path)})`).join(' ')})`,
    ...shown.flatMap(({ as, path }) => rules[as](`(subpath ${quote(path)})`)),
    // Without these no path below a hidden folder can be resolved.
    `(allow file-read-metadata ${ancestorsOf(exposed)
      .map((path) => `(literal ${quote(path)})`)
      .join(' ')})`,
  ].join('\n')
}

const rules: Record<View['as'], (where: string) => string[]> = {
  hide: (where) => [`(deny file-read* file-write* ${where})`],
  read: (where) => [`(allow file-read* ${where})`],
  write: (where) => [`(allow file-read* file-write* ${where})`],
}

const devices = ['/dev/null', '/dev/zero', '/dev/tty', '/dev/dtracehelper']

const services = [
  'com.apple.SystemConfiguration.DNSConfiguration',
  'com.apple.SystemConfiguration.configd',
  'com.apple.bsd.dirhelper',
  'com.apple.ocspd',
  'com.apple.system.logger',
  'com.apple.system.notification_center',
  'com.apple.system.opendirectoryd.libinfo',
  'com.apple.system.opendirectoryd.membership',
  'com.apple.trustd',
  'com.apple.trustd.agent',
]

function ancestorsOf(views: View[]): string[] {
  const found = new Set(['/'])
  for (const { path } of views)
    for (let above = dirname(path); above !== '/'; above = dirname(above)) found.add(above)
  return [...found].sort()
}

const quote = (text: string) => `"${text.replace(/[\\"]/g, String.raw`\$&`)}"`
