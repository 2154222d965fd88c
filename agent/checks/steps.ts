export type Step = {
  name: string
  command: string
  kind: 'setup' | 'check'
  /** What is really run so that results come in a format for programs, written to this folder. */
  reporting?: (folder: string) => Reporting
  cache?: Cached
}
export type Reporting = {
  command?: string | [string, ...string[]]
  env?: Record<string, string>
  output?: 'go-json'
}
/** What a step makes that the next run with the same files can have instead of making it again. */
export type Cached = {
  paths: string[]
  /** Files and the output of a command that decide what is made. */
  files: string[]
  version: string
  /** Whether having it makes running the step needless. */
  replaces: boolean
}
export type Plan = { setup: Step[]; checks: Step[] }

/** A project by its top folder and the names in it. */
export type Project = { root: string; files: Set<string> }

export const nothing: Plan = { setup: [], checks: [] }
export const setup = (name: string, command: string): Step => ({ name, command, kind: 'setup' })
export const check = (name: string, command: string): Step => ({ name, command, kind: 'check' })
