import { writeFileSync } from 'node:fs'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeFolder } from '../../../helpers/folder.ts'
import { failure, startHub } from '../../../helpers/hub.ts'
import { hasOpenssl, makeAuthority } from '../../../helpers/kubernetes/certificates.ts'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'
import { makeRepo } from '../../../helpers/repo.ts'
import { submitRepair, underReview } from '../../../helpers/review.ts'
import { logOf, runTask } from '../../../helpers/run-task.ts'
import { argsOf, command, host } from './agent-cluster.ts'

const hubUrl = `https://${host}`

describe.skipIf(!hasOpenssl())('a hub whose certificate is of an authority of its own', () => {
  /** TLS before a hub that starts later, as a proxy ends it. */
  async function startTls(authority: ReturnType<typeof makeAuthority>) {
    const { cert, key } = authority.issue('hub', '/CN=hub', ['IP:127.0.0.1'])
    const behind = { url: '' }
    const options = { cert: readFileSync(cert), key: readFileSync(key) }
    const server = createServer(options, (from) => {
      const to = connect(Number(new URL(behind.url).port), '127.0.0.1')
      from.pipe(to).pipe(from)
      for (const socket of [from, to]) socket.on('error', () => [from, to].map((s) => s.destroy()))
    })
    // Of a client that does not trust it; the client is who has to say so.
    server.on('tlsClientError', () => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo // It listens on TCP.
    return { behind, address: `127.0.0.1:${port}` }
  }

  test.each(['a path', 'the text'])('is reached by agents when it is given as %s', async (how) => {
    const authority = makeAuthority(makeFolder('authority'))
    const tls = await startTls(authority)
    const double = await startDouble()
    const hub = await startHub({ dispatch: 'local', allowedHosts: `${host},${tls.address}` })
    tls.behind.url = hub.url
    double.services.set(host, `https://${tls.address}`)
    const pem = readFileSync(authority.ca, 'utf8')
    const given = how === 'a path' ? authority.ca : `# ours\n${pem}`
    await hub.call('cluster_add', argsOf(double, { hub_url: hubUrl, hub_ca: given }))
    const [map] = double.objects.list('configmaps', undefined)
    expect(map).toMatchObject({ metadata: { name: 'hub-authority' }, data: { 'ca.crt': pem } })

    // The change comes by calls and by Git alike.
    const requirements = { cluster: 'kube' }
    const { id } = await submitRepair(hub.client, await makeRepo(), { requirements })
    expect((await underReview(hub.client, id, 1)).diff).toContain('a + b')
    const told = await runTask(hub, command('env'))
    expect(await logOf(hub, told.id)).not.toMatch(/SWITCHYARD_HUB_CA|SSL_CA/)
  })

  test('is refused where it could not be one, before anything is made', async () => {
    const double = await startDouble()
    const hub = await startHub({ allowedHosts: host })
    const folder = makeFolder('authority')
    const { ca } = makeAuthority(folder)
    const notes = join(folder, 'notes.txt')
    writeFileSync(notes, 'nothing')
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    for (const [hub_ca, code, words, url = hubUrl] of [
      [ca, 'invalid', 'without a `hub_url` that is https', `http://${host}`],
      ['ca.crt', 'invalid', 'neither PEM text nor an absolute path'],
      [join(folder, 'none.crt'), 'not_found', 'cannot be read'],
      [notes, 'invalid', 'has no certificate in PEM'],
      [broken, 'invalid', 'cannot be read'],
    ] as const) {
      const refused = await failure(
        hub.call('cluster_add', argsOf(double, { hub_ca, hub_url: url })),
      )
      expect(refused).toMatchObject({ code, message: expect.stringContaining(words) as string })
    }
    expect(double.objects.list('namespaces', undefined)).toEqual([])
  })
})
