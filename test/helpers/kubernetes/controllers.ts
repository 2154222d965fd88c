import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { until } from '../hub.ts'
import type { ControlPlane } from './control-plane.ts'
import type { GoProgram } from './go-programs.ts'
import { filesOfModule, goProgram } from './go-programs.ts'
import { end } from './processes.ts'

type Definition = {
  metadata: { name: string }
  spec: {
    group: string
    names: { plural: string }
    versions: { name: string; storage: boolean }[]
    conversion?: object
  }
}

/** The objects in files of the controller's module. */
async function objectsIn(name: GoProgram, paths: string[]): Promise<unknown[]> {
  const files = await filesOfModule(name, paths)
  return files.flatMap((text) =>
    parseAllDocuments(text).flatMap((document) => {
      const object: unknown = document.toJS()
      return object === null ? [] : [object]
    }),
  )
}

/** Makes kinds known that a module defines, in the version that is stored, and waits until they are served. */
export async function installKinds(
  { api }: ControlPlane,
  name: GoProgram,
  at: { folder: string; kinds: string[] },
): Promise<void> {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const objects = await objectsIn(
    name,
    at.kinds.map((kind) => `${at.folder}/${kind}.yaml`),
  )
  for (const object of objects) {
    const { spec, metadata, ...rest } = object as Definition // Of a CustomResourceDefinition.
    // What would convert is a service, which nothing routes to here, and one version needs none.
    const { conversion: _none, ...others } = spec
    const versions = spec.versions.filter(({ storage }) => storage)
    const body = { ...rest, metadata, spec: { ...others, versions } }
    const made = await api('POST', definitions, body)
    if (made.status !== 201) throw new Error(JSON.stringify(made.body).slice(0, 2000))
    const list = `/apis/${spec.group}/${versions[0]?.name}/${spec.names.plural}`
    await until(async () => (await api('GET', list)).status === 200, 60_000)
  }
}

/** Runs a controller with the administrator's access until `isReady`. */
export async function startController(
  { kubeconfig }: ControlPlane,
  name: GoProgram,
  { folder, args, isReady }: { folder: string; args: string[]; isReady(): Promise<boolean> },
): Promise<{ stop(): Promise<void> }> {
  const file = join(folder, `${name}.log`)
  const output = openSync(file, 'a')
  const child = spawn(await goProgram(name), args, {
    cwd: folder,
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  const log = () => readFileSync(file, 'utf8')
  try {
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${log().slice(-2000)}`)
      return isReady()
    }, 120_000)
  } catch (error) {
    await end(child)
    throw new Error(`${name} did not get ready: ${log().slice(-2000)}`, { cause: error })
  }
  return { stop: () => end(child) }
}

/** Whether what listens there answers well. */
export const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )
