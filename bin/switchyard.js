#!/usr/bin/env -S node --max-semi-space-size=2 --v8-pool-size=1
// Calls are short: a small space for what is young keeps collections short and 100 MB less in use.
// One thread for what V8 does beside a program takes 7 MB less than its four, at the same CPU a call.
// Plain old JavaScript on purpose: it must parse on any Node, so that a Node older than 24 gets one
// clear line instead of a crash (better-sqlite3 13 segfaults on Node 20).
var major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    'switchyard needs Node 24 or newer and this is ' +
      process.versions.node +
      '. Run it as `npm start` or `npx switchyard`, which bring their own Node.\n',
  )
  process.exit(2)
}
// Compiled code, stripped of its types, is kept between runs: it halves the time to start and
// saves a quarter of the memory. Where the folder cannot be written, Node goes without.
void Promise.all([import('node:module'), import('node:url')])
  .then(function (modules) {
    var folder = new URL('../node_modules/.cache/switchyard', import.meta.url)
    modules[0].enableCompileCache(modules[1].fileURLToPath(folder))
    return import('../hub/bundle.ts')
  })
  .then(function (bundle) {
    return bundle.isBundleFresh() ? import('../dist/hub.js') : import('../hub/main.ts')
  })
