import { fork } from 'node:child_process'
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { HubClient } from '../../agent/hub-client.ts'
import { HubError } from '../../schemas/errors.ts'
import { ProcessHub } from '../helpers/process-hub.ts'

// `npm run soak:vault [-- --operations 10000]`: two hubs and an editor change the notes of one vault at
// once: lines, boxes, properties, moves. Every change that was acknowledged has to be there at the end.
const noteCount = 12
const pathOf = (index: number) => `Note ${index}.md`

type EditorSays = { tokens: string[]; retries: number }

/**
 * An editor that does not know of the hubs: it saves the whole text, unless the file is another than what
 * it read. It takes the file aside to look, since in the moment between a look and a rename it would
 * itself undo a hub's write.
 */
function edit(): void {
  const [root = '', operations] = [process.argv[3], Number(process.argv[4])]
  const says: EditorSays = { tokens: [], retries: 0 }
  for (let done = 0; done < operations; done++) {
    const file = join(root, pathOf(Math.floor(Math.random() * noteCount)))
    const token = `editor-${done}`
    while (!save(file, token)) says.retries++
    says.tokens.push(token)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
  }
  process.send?.(says)
}

/** Adds a line; false where somebody else was quicker, or has the file in hand. */
function save(file: string, token: string): boolean {
  const [temporary, taken] = [`${file}.${token}.tmp`, `${file}.${token}.taken`]
  try {
    const before = statSync(file, { bigint: true })
    writeFileSync(temporary, `${readFileSync(file, 'utf8')}${token}\n`)
    renameSync(file, taken)
    const { ino, mtimeNs } = statSync(taken, { bigint: true })
    const isSame = ino === before.ino && mtimeNs === before.mtimeNs
    linkSync(isSame ? temporary : taken, file)
    rmSync(taken)
    return isSame
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return false
  } finally {
    rmSync(temporary, { force: true })
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { operations: { type: 'string', default: '10000' } } })
  const operations = Number(values.operations)
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-vault-'))
  const root = join(folder, 'vault')
  mkdirSync(root)
  for (let note = 0; note < noteCount; note++)
    writeFileSync(
      join(root, pathOf(note)),
      `---\nkept: yes\n---\n# Log\n\n${Array.from({ length: 40 }, (_unused, box) => `- [ ] box ${box}\n`).join('')}\n## Lines\n\n`,
    )
  const hubs = ['one', 'two'].map((name) => {
    const data = join(folder, name)
    mkdirSync(data)
    writeFileSync(
      join(data, 'switchyard.json'),
      JSON.stringify({ vaults: { v: { path: root, write: ['/'] } } }),
    )
    return new ProcessHub(data, ['--dispatch', 'off'])
  })
  await Promise.all(hubs.map((hub) => hub.start()))
  const started = performance.now()
  const editing = new Promise<EditorSays>((resolve, reject) => {
    const editor = fork(import.meta.filename, ['editor', root, String(Math.floor(operations / 5))])
    editor.once('message', (said) => resolve(said as EditorSays)) // What `edit` sends.
    editor.once('error', reject)
  })
  const perWriter = Math.floor((operations * 4) / 5 / 8)
  const writers = hubs.flatMap((hub, index) =>
    Array.from({ length: 4 }, (_unused, writer) =>
      write(hub.client(), `hub${index}-${writer}`, perWriter),
    ),
  )
  const [says, ...written] = await Promise.all([editing, ...writers])
  await Promise.all(hubs.map((hub) => hub.stop()))

  const whole = readdirSync(root).map((name) => readFileSync(join(root, name), 'utf8'))
  const text = whole.join('')
  const lines = new Set(text.split('\n'))
  const tokens = [...says.tokens, ...written.flatMap(({ tokens: own }) => own)]
  const lost = tokens.filter((token) => !lines.has(token) && !text.includes(`${token}: 1\n`))
  const doubled = tokens.length - new Set(tokens).size
  const litter = readdirSync(root).filter((name) => !/^Note \d+\.md$/.test(name))
  const broken = whole.filter(
    (note) =>
      !note.startsWith('---\nkept: yes\n') ||
      (note.match(/^- \[.\] box \d+$/gm)?.length ?? 0) !== 40,
  )
  const conflicts = written.reduce((sum, { conflicts: own }) => sum + own, 0)
  const seconds = (performance.now() - started) / 1000
  console.log(
    `${tokens.length} changes acknowledged in ${seconds.toFixed(0)} s, ${conflicts} refused since somebody else had written, the editor read anew ${says.retries} times`,
  )
  console.log(
    `lost ${lost.length}, doubled ${doubled}, broken notes ${broken.length}, files left behind ${litter.length}`,
  )
  if (lost.length > 0) console.log(`lost: ${lost.slice(0, 10).join(', ')}`)
  rmSync(folder, { recursive: true, force: true })
  const bad = lost.length + doubled + broken.length + litter.length
  console.log(bad === 0 ? '1 passed, 0 failed' : '0 passed, 1 failed')
  process.exit(bad === 0 ? 0 : 1)
}

async function write(
  client: HubClient,
  name: string,
  count: number,
): Promise<{ tokens: string[]; conflicts: number }> {
  const tokens: string[] = []
  let conflicts = 0
  for (let done = 0; done < count; done++) {
    const path = pathOf(Math.floor(Math.random() * noteCount))
    const token = `${name}-${done}`
    try {
      const kind = Math.random()
      if (kind < 0.15)
        await client.call('note_checkbox', {
          path,
          text: `box ${Math.floor(Math.random() * 4) + 36}`,
          mark: Math.random() < 0.5 ? 'x' : ' ',
        })
      else if (kind < 0.3) {
        await client.call('note_property', { path, set: { [token]: 1 } })
        tokens.push(token)
      } else {
        await client.call('note_patch', {
          path,
          op: 'append',
          ...(kind < 0.6 ? { heading: ['Log'] } : {}),
          content: token,
        })
        tokens.push(token)
      }
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== 'conflict') throw error
      conflicts++
    }
  }
  return { tokens, conflicts }
}

if (process.argv[2] === 'editor') edit()
else await main()
