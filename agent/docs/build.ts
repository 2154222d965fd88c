import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readNpm } from '../checks/npm.ts'
import { exists, textOf } from '../runners/files.ts'

/** A build of documentation that a project is set up for; it goes into OUTPUT_DIR. */
export type DocsBuild = { name: string; program: string; command: string }

const npmScripts = ['docs:build', 'build:docs', 'docs', 'build-docs', 'doc']

/** How a project builds its documentation, by the files at its top. */
export async function detectDocs(root: string): Promise<DocsBuild[]> {
  const files = new Set(await readdir(root))
  const builds: DocsBuild[] = []
  const npm = await readNpm({ root, files })
  const script = npmScripts.find((name) => {
    const text = npm?.manifest.scripts[name]
    // A script that serves never ends.
    return text !== undefined && !/\b(dev|serve|server|start|watch|preview)\b/.test(text)
  })
  if (npm && script !== undefined)
    builds.push({ name: script, program: npm.runner, command: `${npm.runner} run ${script}` })
  else if (files.has('typedoc.json'))
    builds.push({
      name: 'typedoc',
      program: 'node_modules/.bin/typedoc',
      command: 'node_modules/.bin/typedoc --out "$OUTPUT_DIR/typedoc"',
    })
  const mkdocs = ['mkdocs.yml', 'mkdocs.yaml'].find((name) => files.has(name))
  if (mkdocs)
    builds.push({
      name: 'mkdocs',
      program: 'mkdocs',
      command: `mkdocs build --quiet --strict --config-file ${mkdocs} --site-dir "$OUTPUT_DIR/mkdocs"`,
    })
  for (const folder of ['docs', 'doc', 'docs/source'])
    if (await isSphinx(join(root, folder, 'conf.py'))) {
      const options = '-q -W --keep-going -b html'
      builds.push({
        name: 'sphinx',
        program: 'sphinx-build',
        command: `sphinx-build ${options} ${folder} "$OUTPUT_DIR/sphinx"`,
      })
      break
    }
  for (const folder of ['.', 'docs', 'book'])
    if (await exists(join(root, folder, 'book.toml'))) {
      const command = `mdbook build ${folder} --dest-dir "$OUTPUT_DIR/mdbook"`
      builds.push({ name: 'mdbook', program: 'mdbook', command })
      break
    }
  return builds
}

const isSphinx = async (path: string): Promise<boolean> =>
  /^\s*(extensions|project|master_doc|root_doc)\s*=/m.test((await textOf(path)) ?? '')
