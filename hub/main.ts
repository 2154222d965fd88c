// Node is checked before anything else is loaded: better-sqlite3 13 segfaults on Node 20.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(`switchyard needs Node 24 or newer and this is ${process.versions.node}.\n`)
  process.exit(2)
}
const { main } = await import('./cli/main.ts')
process.exitCode = await main(process.argv.slice(2))
