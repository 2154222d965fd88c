import { X509Certificate } from 'node:crypto'
import { isAbsolute } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import { readText } from './drivers/kubernetes/read-text.ts'

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** The certificates that `hub_ca` gives or names, as PEM text, without whatever stands between them. */
export async function readAuthority(
  {
    hub_ca: given,
    hub_url: address,
  }: { hub_ca?: string | undefined; hub_url?: string | undefined },
  nowMs: number,
): Promise<string | undefined> {
  if (given === undefined) return undefined
  if (address === undefined || new URL(address).protocol !== 'https:')
    throw new HubError('invalid', '`hub_ca` is given without a `hub_url` that is https', {
      hint: 'Give the address at which TLS is spoken, or leave `hub_ca` out.',
    })
  const isText = given.includes('-----BEGIN')
  if (!isText && !isAbsolute(given))
    throw new HubError('invalid', '`hub_ca` is neither PEM text nor an absolute path', {
      hint: 'Give the certificate of the authority, or where it lies on the machine of the hub.',
    })
  const found = (isText ? given : await readText(given)).match(certificate) ?? []
  if (found.length === 0)
    throw new HubError('invalid', `${isText ? '`hub_ca`' : given} has no certificate in PEM`)
  for (const pem of found) assertUsable(pem, nowMs)
  return `${found.join('\n')}\n`
}

function assertUsable(pem: string, nowMs: number): void {
  let read: X509Certificate
  try {
    read = new X509Certificate(pem)
  } catch (cause) {
    throw new HubError('invalid', '`hub_ca` has a certificate that cannot be read', { cause })
  }
  if (read.validToDate.getTime() > nowMs) return
  throw new HubError(
    'invalid',
    `the certificate ${read.subject} in \`hub_ca\` ended ${read.validTo}`,
  )
}
