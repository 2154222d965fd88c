import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { listContexts, readAccess } from '../../../../servers/cluster/drivers/kubernetes/access.ts'
import { SignIn } from '../../../../servers/cluster/drivers/kubernetes/sign-in.ts'
import { systemClock } from '../../../../servers/kit/clock.ts'
import { makeFolder } from '../../../helpers/folder.ts'

describe('a kubeconfig', () => {
  const write = (text: string): string => {
    const path = join(makeFolder(), 'config')
    writeFileSync(path, text)
    return path
  }
  const config = (cluster: object, user: object) =>
    write(
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: 'https://192.0.2.1:6443', ...cluster } }],
        users: [{ name: 'u', user }],
        contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
      }),
    )
  const accessOf = (kubeconfig: string) =>
    readAccess({ source: 'kubeconfig', kubeconfig, context: 'here' })

  test('one that does not check who answers is refused', async () => {
    for (const cluster of [{ 'insecure-skip-tls-verify': true }, { server: 'http://192.0.2.1' }])
      await expect(accessOf(config(cluster, { token: 't' }))).rejects.toMatchObject({
        code: 'unsupported',
      })
  })

  test('what is wrong with it is said without what is in it', async () => {
    const path = write('users:\n- token: "hunter2\n')
    await expect(listContexts(path)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.not.stringContaining('hunter2') as string,
    })
    await expect(accessOf(config({}, {}))).rejects.toMatchObject({ code: 'unsupported' })
  })

  test('a program signs in, and is run again when what it gave has run out', async () => {
    const folder = makeFolder()
    const program = join(folder, 'sign-in')
    const status = `{"token":"t$n","expirationTimestamp":"2020-01-01T00:00:00Z"}`
    writeFileSync(
      program,
      `#!/bin/sh\nn=$(($(cat ${folder}/n 2>/dev/null) + 1)); echo $n >${folder}/n\n[ -n "$KUBERNETES_EXEC_INFO" ] && [ -z "$SWITCHYARD_TOKEN" ] && cat <<END\n{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":${status.replace('2020', '$((2020 + (n - 1) * 80))')}}\nEND\n`,
    )
    chmodSync(program, 0o755)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: program }
    const { credential } = await accessOf(config({}, { exec }))
    const signIn = new SignIn(credential, systemClock)
    expect(await signIn.current()).toMatchObject({ headers: { authorization: 'Bearer t2' } })
    expect(await signIn.current()).toMatchObject({ headers: { authorization: 'Bearer t2' } })
  })
})
