import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import type { Locator, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import type { TestHub } from '../helpers/hub.ts'
import { until } from '../helpers/hub.ts'
import type { Look } from '../helpers/page.ts'
import { openPage } from '../helpers/page.ts'
import { openAiEnd, openAiText, startStreamingModel } from '../helpers/streaming-models.ts'

export type ChatScreen = {
  page: Page
  /** Errors of the page and its console. */
  errors: string[]
  field: Locator
  messages: Locator
  /** Says something and waits until its answer has ended. */
  say(text: string): Promise<void>
}

type ChatLook = Look & { hash?: string; host?: string }

/** The dashboard in a browser, signed in as the owner, with the page of the chat open. */
export async function openChat(hub: TestHub, look: ChatLook = {}): Promise<ChatScreen> {
  const { hash = '#/chat?new=1', host } = look
  const { page, errors } = await openPage(look)
  const link = new URL(await hub.hub.loginLink())
  if (host !== undefined) link.host = host
  await page.goto(link.href)
  await page.locator('.connection[data-state=live]').waitFor()
  await page.evaluate((to) => (location.hash = to), hash)
  const field = page.getByRole('textbox', { name: 'Message', exact: true })
  const messages = page.getByRole('log', { name: 'Conversation' })
  const say = async (text: string) => {
    const before = await page.locator('.answer').count()
    await field.fill(text)
    await field.press('Enter')
    await page.locator('.answer[aria-busy=false]').nth(before).waitFor()
    await page.getByRole('button', { name: 'Send', exact: true }).waitFor()
  }
  return { page, errors, field, messages, say }
}

/** A line between browser and hub that can be cut, with all that is on it, and mended. */
export async function startLine() {
  const sockets = new Set<Socket>()
  let port = 0
  let isCut = false
  const server = createServer((near) => {
    if (isCut) return void near.destroy()
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`, // It listens on TCP.
    to: (url: string) => (port = Number(new URL(url).port)),
    cut: () => {
      isCut = true
      for (const socket of sockets) socket.destroy()
    },
    mend: () => (isCut = false),
  }
}

/** A model that says a word, waits until it is told to go on, and says another. */
export async function startPatientModel() {
  const waiting: (() => void)[] = []
  const server = await startStreamingModel(async (_asked, write, response) => {
    write(openAiText('First sentence. '))
    await new Promise<void>((resolve) => {
      waiting.push(resolve)
      response.on('close', () => resolve())
    })
    write(openAiText('Second sentence.') + openAiEnd())
  })
  const goOn = async () => {
    await until(() => waiting.length > 0)
    waiting.shift()?.()
  }
  return { ...server, goOn }
}
