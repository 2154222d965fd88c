import nspell from 'nspell'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Finding } from '../../schemas/report.ts'
import { maskInline } from '../../servers/kit/markdown/inline.ts'
import { scanMarkdown } from '../../servers/kit/markdown/scan.ts'
import { readText } from '../files.ts'

const maxPageBytes = 1024 * 1024
const maxSuggested = 20
const wordFiles = ['.switchyard/words.txt', 'project-words.txt', '.spelling', '.wordlist.txt']
const settingFiles = ['cspell.json', '.cspell.json', 'cspell.yaml', 'cspell.yml', '.cspell.yaml']
const CspellSettings = z.looseObject({ words: z.array(z.string()).default([]) })

/**
 * English words that no dictionary knows, each once, with the place where it stands first. Code,
 * addresses, names with capitals or digits inside, and words of the project's own lists are left out.
 */
export async function checkSpelling(
  root: string,
  files: string[],
  ownWords: string[],
): Promise<{ findings: Finding[]; problems: string[] }> {
  const { default: dictionary } = await import('dictionary-en')
  const speller = nspell(Buffer.from(dictionary.aff), Buffer.from(dictionary.dic))
  const { words, problems } = await projectWords(root, files)
  const known = new Set([...words, ...ownWords].map((word) => word.toLowerCase()))
  const verdicts = new Map<string, boolean>()
  const isRight = (word: string): boolean => {
    let verdict = verdicts.get(word)
    verdict ??=
      known.has(word.toLowerCase()) || speller.correct(word) || speller.correct(word.toLowerCase())
    verdicts.set(word, verdict)
    return verdict
  }
  const wrong = new Map<string, { path: string; line: number; count: number }>()
  for (const path of files.filter((name) => /\.(md|markdown)$/i.test(name))) {
    const text = await readText(root, path, maxPageBytes)
    const found = text === undefined ? [] : wordsOf(text)
    const unknown = found.filter(({ word }) => !isRight(word))
    // A third of the words unknown is another language.
    if (found.length > 20 && unknown.length > found.length / 3) {
      problems.push(`${path} does not look English; its spelling is not checked`)
      continue
    }
    for (const { word, line } of unknown) {
      const entry = wrong.get(word)
      if (entry) entry.count++
      else wrong.set(word, { path, line, count: 1 })
    }
  }
  const findings = [...wrong].map(([word, { path, line, count }], index): Finding => {
    const near = index < maxSuggested ? speller.suggest(word).slice(0, 3) : []
    const hint = near.length > 0 ? `; ${near.join(', ')}?` : ''
    const times = count > 1 ? ` (${count} times)` : ''
    return { rule: 'spelling', level: 'note', message: `${word}${times}${hint}`, path, line }
  })
  return { findings, problems }
}

/** Words of the running text; what has digits, marks or capitals inside is a name or code. */
export function wordsOf(text: string): { word: string; line: number }[] {
  const scan = scanMarkdown(text)
  const masked = maskInline(scan)
  return scan.lines.flatMap(({ kind, content, start }, index) => {
    if (kind !== 'text') return []
    const line = (masked[index] ?? '')
      .slice(content - start)
      .replace(/\]\([^)\s]*|\S+:\/\/\S+/g, ' ')
      .replace(/^\[[^\]]*\]:.*$/, '')
      .replace(/\{[^}]*\}/g, ' ')
    return line.split(/[\s\u2013\u2014/]+/).flatMap((token) => {
      const bare = token
        .replace(/^[^\p{L}\p{N}\0@#$-]+|[^\p{L}\p{N}\0]+$/gu, '')
        .replaceAll('’', "'")
      return bare.split('-').flatMap((part) => {
        const word = part.replace(/'s$/, '')
        return /^\p{L}?\p{Ll}+('\p{Ll}+)?$/u.test(word) && word.length > 3
          ? [{ word, line: index + 1 }]
          : []
      })
    })
  })
}

async function projectWords(
  root: string,
  files: string[],
): Promise<{ words: string[]; problems: string[] }> {
  const words: string[] = []
  const problems: string[] = []
  for (const name of [...wordFiles, ...settingFiles].filter((file) => files.includes(file))) {
    const text = (await readText(root, name, maxPageBytes)) ?? ''
    if (wordFiles.includes(name)) {
      words.push(...text.split(/\s*[\n,]\s*/).filter((word) => word && !word.startsWith('#')))
      continue
    }
    try {
      // YAML reads JSON as well, comments apart.
      words.push(...CspellSettings.parse(parse(text.replace(/^\s*\/\/.*$/gm, ''))).words)
    } catch (error) {
      problems.push(
        `${name}: ${error instanceof Error ? error.message.slice(0, 200) : 'unreadable'}`,
      )
    }
  }
  return { words, problems }
}
