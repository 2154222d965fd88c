import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { TestHub } from '../helpers/hub.ts'

export type ClientEra = 'legacy' | 'modern'

/** A client with every capability, and all that it was asked and told. */
export type ProbeClient = {
  client: Client
  era: ClientEra
  asked: string[]
  told: { method: string; params: Record<string, unknown> }[]
}

/** Connects as an editor would: it can be asked for input, for a completion and for its roots. */
export async function openProbeClient(
  hub: Pick<TestHub, 'url' | 'token'>,
  era: ClientEra,
  path = '/mcp',
): Promise<ProbeClient> {
  const asked: string[] = []
  const told: ProbeClient['told'] = []
  const capabilities = { elicitation: { form: {} }, sampling: {}, roots: { listChanged: true } }
  const client = new Client(
    { name: `probe-${era}`, version: '7.7' },
    {
      capabilities,
      ...(era === 'modern' ? { versionNegotiation: { mode: 'auto' as const } } : {}),
    },
  )
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    asked.push(`elicitation: ${params.message}`)
    return {
      action: 'accept',
      content: { name: 'Ada', username: 'ada', email: 'a@b', color: 'red' },
    }
  })
  client.setRequestHandler('sampling/createMessage', async () => {
    asked.push('sampling')
    return {
      role: 'assistant' as const,
      content: { type: 'text' as const, text: 'sampled' },
      model: 'none',
    }
  })
  client.setRequestHandler('roots/list', async () => {
    asked.push('roots')
    return { roots: [{ uri: 'file:///probe' }] }
  })
  for (const method of [
    'notifications/tools/list_changed',
    'notifications/prompts/list_changed',
    'notifications/resources/updated',
    'notifications/message',
  ] as const) {
    client.setNotificationHandler(method, (notification) => {
      told.push({ method, params: { ...notification.params } })
    })
  }
  const requestInit = { headers: { authorization: `Bearer ${hub.token}` } }
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${hub.url}${path}`), { requestInit }),
  )
  return { client, era, asked, told }
}
