import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const hasOpenssl = (): boolean => spawnSync('openssl', ['version']).status === 0

/** This machine, and what pods call an API server by. */
const usualNames = ['IP:127.0.0.1', 'DNS:localhost', 'IP:10.96.0.1', 'DNS:kubernetes.default.svc']

/** A certificate authority in `folder`, which signs for as long as a test runs. */
export function makeAuthority(folder: string, kind: 'ec' | 'ed25519' = 'ec') {
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  const curve =
    kind === 'ed25519'
      ? ['-newkey', 'ed25519', '-nodes']
      : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...curve,
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.crt'),
    '-subj',
    '/CN=test',
    '-days',
    '2',
  )
  openssl('genrsa', '-out', at('accounts.key'), '2048')
  /** A certificate of the subject, valid for the names of this machine unless others are given. */
  const issue = (name: string, subject: string, names = usualNames) => {
    const files = { cert: at(`${name}.crt`), key: at(`${name}.key`) }
    writeFileSync(at(`${name}.ext`), `subjectAltName=${names.join(',')}\n`)
    openssl('req', ...curve, '-keyout', files.key, '-out', at(`${name}.csr`), '-subj', subject)
    const signer = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2']
    openssl(
      'x509',
      '-req',
      '-in',
      at(`${name}.csr`),
      ...signer,
      '-extfile',
      at(`${name}.ext`),
      '-out',
      files.cert,
    )
    return { ...files, certData: base64(files.cert), keyData: base64(files.key) }
  }
  return {
    ca: at('ca.crt'),
    caKey: at('ca.key'),
    caData: base64(at('ca.crt')),
    accounts: at('accounts.key'),
    issue,
  }
}

const base64 = (path: string) => readFileSync(path).toString('base64')
