import { z } from 'zod'
import { HubError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../kit/clock.ts'
import { run } from '../../../kit/run.ts'
import type { Credential } from './access.ts'
import { readText } from './read-text.ts'

/** What a request carries to be let in. */
export type SignedIn = { headers: Record<string, string>; cert?: string; key?: string }

/** Kubernetes writes a projected token anew at 80 % of its life, so a minute is well within the rest. */
const rereadMs = 60_000
const programMs = 30_000
const earlyMs = 30_000

/** Signs in to one cluster, and again when what it got has run out. */
export class SignIn {
  readonly #credential: Credential
  readonly #clock: Clock
  #current: { signedIn: Promise<SignedIn & { until: number }> } | undefined

  constructor(credential: Credential, clock: Clock) {
    this.#credential = credential
    this.#clock = clock
  }

  async current(): Promise<SignedIn> {
    this.#current ??= { signedIn: this.#signIn() }
    const asked = this.#current
    try {
      const signedIn = await asked.signedIn
      if (signedIn.until > this.#clock.now()) return signedIn
    } catch (error) {
      if (this.#current === asked) this.#current = undefined
      throw error
    }
    if (this.#current === asked) this.#current = undefined
    return this.current()
  }

  async #signIn(): Promise<SignedIn & { until: number }> {
    const credential = this.#credential
    switch (credential.kind) {
      case 'certificate':
        return { headers: {}, cert: credential.cert, key: credential.key, until: Infinity }
      case 'token':
        return { ...bearer(credential.token), until: Infinity }
      case 'renewed': {
        const { token, until } = await credential.current()
        return { ...bearer(token), until }
      }
      case 'token-file': {
        const token = (await readText(credential.path)).trim()
        return { ...bearer(token), until: this.#clock.now() + rereadMs }
      }
      case 'program':
        return this.#runProgram(credential)
    }
  }

  /** The exec plugin of a kubeconfig (client.authentication.k8s.io). */
  async #runProgram({ program, args, env, version }: Credential & { kind: 'program' }) {
    const info = { apiVersion: version, kind: 'ExecCredential', spec: { interactive: false } }
    // As kubectl runs it: such programs find their own sign-in by the environment and the home.
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('SWITCHYARD_'))
    const ran = await run(program, args, {
      env: { ...Object.fromEntries(own), ...env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      timeoutMs: programMs,
    })
    if (ran.exitCode !== 0)
      throw new HubError('unavailable', `${program} did not sign the hub in`, {
        hint: `It ended with code ${ran.exitCode ?? 'none'}: ${ran.stderr.toString('utf8').trim().slice(-500)}`,
      })
    const parsed = ExecCredential.safeParse(jsonOf(ran.stdout.toString('utf8')))
    if (!parsed.success)
      throw new HubError('unavailable', `${program} did not say an ExecCredential`)
    const { token, clientCertificateData, clientKeyData, expirationTimestamp } = parsed.data.status
    return {
      ...(token === undefined ? { headers: {} } : bearer(token)),
      ...(clientCertificateData === undefined || clientKeyData === undefined
        ? {}
        : { cert: clientCertificateData, key: clientKeyData }),
      until:
        expirationTimestamp === undefined ? Infinity : Date.parse(expirationTimestamp) - earlyMs,
    }
  }
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // The parser's message quotes it, and it may be a token.
  }
}

const ExecCredential = z.object({
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.string().optional(),
  }),
})
