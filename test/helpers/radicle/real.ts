import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The folder of a real Radicle on this machine, if there is one: all three of its programs. */
export function realRad({ SWITCHYARD_TEST_RAD, PATH = '' } = process.env): string | undefined {
  const named = SWITCHYARD_TEST_RAD === undefined ? [] : [SWITCHYARD_TEST_RAD]
  const programs = ['rad', 'radicle-node', 'git-remote-rad']
  return [...named, ...PATH.split(delimiter)].find((folder) =>
    programs.every((program) => existsSync(join(folder, program))),
  )
}
