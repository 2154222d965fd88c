import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { startHub } from '../helpers/hub.ts'
import { openAiEnd, openAiText, startStreamingModel } from '../helpers/streaming-models.ts'
import { openChat } from './chat-page.ts'
import { payloads } from './payloads.ts'

/** Watches what must never happen: a script that runs, a dialog, a request to elsewhere. */
async function watch(page: Page): Promise<string[]> {
  const happened: string[] = []
  await page.exposeFunction('ran', () => happened.push('a script ran'))
  page.on('dialog', (dialog) => {
    happened.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    const { hostname } = new URL(request.url())
    if (hostname !== '127.0.0.1') happened.push(`a request to ${request.url()}`)
  })
  page.on('popup', (popup) => happened.push(`a window: ${popup.url()}`))
  return happened
}

/** Elements and addresses in a conversation that no text may have made. */
const foreign = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const addresses = ['href', 'src', 'srcset', 'action', 'formaction', 'data', 'xlink:href', 'to']
    const inside = document.querySelectorAll('sy-chat-thread *, .conversations *')
    return [...inside].flatMap((element) => {
      const isForeign = element.matches(
        'script, iframe, object, embed, svg script, base, link, meta, style, img, video, audio, picture, form:not([class])',
      )
      const bad = [...element.attributes].filter(
        ({ name, value }) =>
          name.startsWith('on') ||
          name === 'srcdoc' ||
          (addresses.includes(name) && /^\s*(javascript|vbscript|data):/i.test(value)),
      )
      return isForeign || bad.length > 0 ? [element.outerHTML.slice(0, 200)] : []
    })
  })

test('no text of a model runs or fetches anything, while it comes and when it is there', async () => {
  expect(payloads.length).toBeGreaterThanOrEqual(60)
  let at = 0
  const batch = 9
  const model = await startStreamingModel(async (_asked, write) => {
    for (const payload of payloads.slice(at, at + batch)) {
      // In two pieces, so that half of it is on the page for a moment.
      const middle = Math.floor(payload.length / 2)
      write(openAiText(`\n\n${payload.slice(0, middle)}`))
      await new Promise((resolve) => setImmediate(resolve))
      write(openAiText(`${payload.slice(middle)}\n\n`))
    }
    write(openAiEnd())
  })
  const hub = await startHub({}, model.openAi)
  const { page, say, messages } = await openChat(hub)
  const happened = await watch(page)
  for (; at < payloads.length; at += batch) {
    await say(`part ${at}`)
    expect(await foreign(page)).toEqual([])
  }
  // Links that may be opened are the only ones, and say that they lead away.
  const links = await messages
    .locator('sy-markdown a')
    .evaluateAll((all) =>
      all.map((one) => [one.getAttribute('href') ?? '', one.getAttribute('rel') ?? '']),
    )
  for (const [href = '', rel] of links) {
    expect(href).toMatch(/^(http:\/\/|\/#\/)/)
    if (href.startsWith('http')) expect(rel).toContain('noopener')
  }
  // Whatever can be hovered or focused is, and nothing comes of it.
  for (const link of await messages.locator('sy-markdown a').all()) await link.focus()
  await page.reload()
  await messages.locator('.answer').first().waitFor()
  expect(await foreign(page)).toEqual([])
  expect(happened).toEqual([])
})

test('no title, argument or result of a tool runs or fetches anything', async () => {
  const hub = await startHub()
  for (const title of payloads)
    await hub.call('task_submit', { template: 'command', command: 'true', title: oneLine(title) })
  const { page, say, field } = await openChat(hub)
  const happened = await watch(page)
  // As a message, a title of a conversation, an argument, a result and an error.
  for (const payload of payloads.filter((_payload, at) => at % 6 === 0))
    await say(`/whoami x=${JSON.stringify(payload)}`)
  await say(`/task_list limit=100`)
  for (const details of await page.locator('details.call:not([open]) > summary').all())
    await details.click()
  for (const details of await page.locator('details.json:not([open]) > summary').all())
    await details.click()
  expect(await page.locator('.call a.card, .call .card').count()).toBeGreaterThan(0)
  expect(await foreign(page)).toEqual([])
  await field.pressSequentially('look at @<')
  await page.locator('.suggestions li').first().waitFor()
  expect(await page.locator('.suggestions :is(img, script, svg, iframe)').count()).toBe(0)
  expect(happened).toEqual([])
})

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').slice(0, 190)
