import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

// What a build needs to find its tools and registries. Everything else of the hub's environment,
// credentials above all, stays out of pods; `podEnv` in switchyard.json lets more through by name.
const passed = [
  'LANG',
  'LC_ALL',
  'TZ',
  'USER',
  'LOGNAME',
  'SHELL',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'npm_config_registry',
  'NPM_CONFIG_REGISTRY',
  'PIP_INDEX_URL',
  'PIP_CERT',
  'UV_INDEX_URL',
  'GOPROXY',
  'GOSUMDB',
  'GONOSUMDB',
  'GOFLAGS',
  'GOTOOLCHAIN',
  'GOROOT',
  'CARGO_HTTP_CAINFO',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'RUSTUP_HOME',
  'RUSTUP_TOOLCHAIN',
  'PYENV_ROOT',
  'JAVA_HOME',
]

/** The environment of a pod: a short allow-list, its own home, and caches shared by all pods. */
export function podEnvironment(options: {
  own: NodeJS.ProcessEnv
  home: string
  tmp: string
  cacheDir: string
  codeRoot: string
  extra: string[]
}): Record<string, string> {
  const { own, home, tmp, cacheDir, codeRoot, extra } = options
  const kept = [...passed, ...extra].flatMap((name) => {
    const value = own[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  const rustup = join(homedir(), '.rustup')
  return {
    ...(existsSync(rustup) ? { RUSTUP_HOME: rustup } : {}),
    ...Object.fromEntries(kept),
    PATH: podPath(own.PATH ?? '/usr/local/bin:/usr/bin:/bin', codeRoot),
    HOME: home,
    TMPDIR: tmp,
    TERM: 'dumb',
    CI: 'true',
    SWITCHYARD_CACHE: cacheDir,
    npm_config_cache: join(cacheDir, 'npm'),
    npm_config_update_notifier: 'false',
    NODE_COMPILE_CACHE: join(cacheDir, 'node'),
    PIP_CACHE_DIR: join(cacheDir, 'pip'),
    GOPATH: join(cacheDir, 'go'),
    GOCACHE: join(cacheDir, 'go-build'),
    CARGO_HOME: join(cacheDir, 'cargo'),
  }
}

/** The hub's own tools must not shadow those of the project a pod works on. */
const podPath = (path: string, codeRoot: string) =>
  path
    .split(delimiter)
    .filter(
      (entry) =>
        entry &&
        !entry.startsWith(join(codeRoot, 'node_modules')) &&
        !entry.endsWith('node-gyp-bin'),
    )
    .join(delimiter)
