import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, readdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Tree } from './tree.ts'

// Without these an agent cannot work, or its pod cannot be looked after.
const needed = ['sh', 'git', 'date', 'stat', 'env']
// What command lines of tasks are made of; those that this machine has.
const usual = [
  ...['[', 'awk', 'base64', 'basename', 'bash', 'cat', 'chmod', 'cmp', 'comm', 'cp', 'cut', 'dd'],
  ...['df', 'diff', 'dirname', 'du', 'echo', 'egrep', 'expr', 'false', 'fgrep', 'find', 'fold'],
  ...['grep', 'gunzip', 'gzip', 'head', 'hostname', 'id', 'install', 'join', 'kill', 'ln', 'ls'],
  ...['md5sum', 'mkdir', 'mkfifo', 'mktemp', 'mv', 'nice', 'nl', 'nohup', 'nproc', 'od', 'paste'],
  ...['patch', 'printenv', 'printf', 'ps', 'pwd', 'readlink', 'realpath', 'rm', 'rmdir', 'sed'],
  ...['seq', 'sha1sum', 'sha256sum', 'shuf', 'sleep', 'sort', 'split', 'tac', 'tail', 'tar', 'tee'],
  ...['test', 'timeout', 'touch', 'tr', 'true', 'uname', 'uniq', 'wc', 'which', 'whoami', 'xargs'],
]
const places = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin']
const authorities = '/etc/ssl/certs/ca-certificates.crt'

/** Puts the programs that an agent needs into a tree, out of this machine, with what they load. */
export function addMachine(tree: Tree): void {
  // What a container is given is mounted over these.
  for (const place of ['proc', 'sys', 'dev', 'run', 'var/run']) tree.folder(place)
  for (const top of ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'])
    if (existsSync(`/${top}`) && lstatSync(`/${top}`).isSymbolicLink())
      tree.link(top, realpathSync(`/${top}`).slice(1))
  for (const name of [...needed, ...usual]) {
    const path = places.map((place) => join(place, name)).find((one) => existsSync(one))
    if (path !== undefined) addProgram(tree, path)
    else if (needed.includes(name)) throw new Error(`this machine has no ${name}`)
  }
  addGit(tree)
  if (!existsSync(authorities))
    throw new Error(`${authorities} is missing: install ca-certificates`)
  tree.file(authorities, authorities)
  // Names are looked up by what the C library loads by itself.
  for (const library of ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2'])
    for (const path of librariesOf('/bin/sh').map((one) => join(dirname(one), library)))
      if (existsSync(path)) addProgram(tree, path)
  tree.text('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n')
}

/** A program under its own name, and each library that it loads. */
export function addProgram(tree: Tree, path: string, to = realPlace(path)): void {
  if (!tree.has(to)) tree.file(to, path, 0o755)
  for (const library of librariesOf(path))
    if (!tree.has(realPlace(library))) tree.file(realPlace(library), library, 0o755)
}

/** npm, which is JavaScript alone, where this machine has it: checks of most JavaScript projects call it. */
export function addNpm(tree: Tree): void {
  const found = places.map((place) => join(place, 'npm')).find((path) => existsSync(path))
  const folder = found && dirname(dirname(realpathSync(found)))
  if (folder === undefined || basename(folder) !== 'npm') return
  tree.copy('usr/local/lib/node_modules/npm', folder)
  for (const name of ['npm', 'npx'])
    tree.link(`usr/local/bin/${name}`, `../lib/node_modules/npm/bin/${name}-cli.js`)
}

/** Git's own programs. Most are links to one; those in Perl or for servers are left out. */
function addGit(tree: Tree): void {
  const folder = execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim()
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isSymbolicLink() && !entry.name.includes('remote-'))
      tree.link(path, basename(realpathSync(path)))
    else if (entry.name === 'git' || /^git-remote-https?$/.test(entry.name)) addProgram(tree, path)
    else if (/^git-(sh-|submodule|merge-|mergetool--)/.test(entry.name) && isScript(path))
      tree.file(path, path, 0o755)
  }
  tree.folder('usr/share/git-core/templates')
}

/** What lets others fetch from this Git, and push to it, by HTTP. */
export function addGitServer(tree: Tree): void {
  const folder = execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim()
  addProgram(tree, join(folder, 'git-http-backend'))
}

const isScript = (path: string) =>
  lstatSync(path).isFile() && readFileSync(path).subarray(0, 9).toString('latin1') === '#!/bin/sh'

const realPlace = (path: string) => join(realpathSync(dirname(path)), basename(path))

/** What the loader of this machine would load for a program, itself included. */
function librariesOf(path: string): string[] {
  // A script, or a program that was linked as a whole, loads nothing: `ldd` says so by failing.
  const said = readFileSync(path).subarray(0, 4).toString('latin1') === '\x7fELF' ? ldd(path) : ''
  return [...said.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm)].map(([, library = '']) => library)
}

function ldd(path: string): string {
  try {
    return execFileSync('ldd', [path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string } // Of execFileSync.
    if (/not a dynamic executable|statically linked/.test(stderr + stdout)) return ''
    throw error
  }
}
