import { hash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { HubError } from '../../../schemas/errors.ts'
import type { Context } from '../../kit/context.ts'

/** Where a repository is fetched from, and the remote that says so in its clone. */
export type Address = { url: string; remote: 'origin' | 'rad'; name: string }

const radId = /^(?:rad:|rad:\/\/)(z[1-9A-HJ-NP-Za-km-z]{20,64})$/

/** An address in the one form that it is kept in; what could carry a secret or an option is refused. */
export function addressOf(given: string): Address {
  const rid = radId.exec(given)?.[1]
  if (rid !== undefined) return { url: `rad://${rid}`, remote: 'rad', name: rid.slice(0, 12) }
  if (!/^https?:\/\//i.test(given) || !URL.canParse(given))
    throw bad(given, 'it is neither a web address nor a Radicle id')
  const { username, password, search, hash: part, protocol, host, pathname } = new URL(given)
  if (username !== '' || password !== '')
    throw bad(
      given.replace(/\/\/[^/]*@/, '//…@'),
      'an address carries no credentials',
      'Name the forge with its token under "forges" in switchyard.json.',
    )
  const path = pathname.replace(/\/+$/, '').replace(/\.git$/, '')
  const name = path.split('/').at(-1) ?? ''
  if (search !== '' || part !== '' || name === '')
    throw bad(given, 'it has to name a repository, without a query')
  return { url: `${protocol}//${host}${path}.git`, remote: 'origin', name }
}

/** The folder of an org's clone: the same for the same address. */
export function cloneFolder(
  { config, dataDir }: Pick<Context, 'config' | 'dataDir'>,
  org: string,
  { url, name }: Address,
): string {
  const root = config.file.clones ?? `${resolve(dataDir)}-clones`
  const plain = name.replace(/[^\w.-]/g, '-').replace(/^[.-]+/, '')
  return join(root, org, `${plain.slice(0, 60)}-${hash('sha256', url).slice(0, 8)}`)
}

const bad = (given: string, why: string, hint = 'Such as https://example.org/owner/name.') =>
  new HubError('invalid', `the address ${JSON.stringify(given)} cannot be cloned: ${why}`, { hint })
