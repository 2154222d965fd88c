import { html } from 'lit'

type File = { name: string; lines: string[] }

/** A unified diff, a foldable block per file. Everything in it is text, never markup. */
export function diffView(diff: string) {
  const files = split(diff)
  return files.map(
    ({ name, lines }) =>
      html`<details class="diff" ?open=${files.length <= 10}>
        <summary>
          <code>${name}</code>
          <span class="added">+${count(lines, '+')}</span>
          <span class="removed">−${count(lines, '-')}</span>
        </summary>
        <pre tabindex="0">
${lines.map((line) => html`<span class=${kind(line)}>${line} </span>`)}</pre>
      </details>`,
  )
}

function split(diff: string): File[] {
  return diff
    .split(/^(?=diff --git )/m)
    .filter(Boolean)
    .map((part) => {
      const lines = part.trimEnd().split('\n')
      const name = /^diff --git a\/.* b\/(.*)$/.exec(lines[0] ?? '')?.[1] ?? 'file'
      const body = lines.slice(lines.findIndex((line) => line.startsWith('@@')))
      return { name, lines: lines.some((line) => line.startsWith('@@')) ? body : lines.slice(1) }
    })
}

const count = (lines: string[], sign: string) =>
  lines.filter((line) => line.startsWith(sign)).length

const kind = (line: string) =>
  line.startsWith('+')
    ? 'added'
    : line.startsWith('-')
      ? 'removed'
      : line.startsWith('@@')
        ? 'hunk'
        : ''
