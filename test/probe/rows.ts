import type { ProbeClient } from './session.ts'

type Result = {
  content: { type: string; text?: string }[]
  structuredContent?: unknown
  isError?: boolean
  _meta?: unknown
}
type Probe = ProbeClient & {
  /** Ends the upstream, as a crash would; it can be started again at once. */
  restart(): Promise<void>
}
export type Row = { name: string; holds(probe: Probe): Promise<unknown> }

const waitMs = 5000

/** What a client of a hub should get just as if it spoke with the server itself. */
export const rows: Row[] = [
  {
    name: 'all pages of all lists',
    holds: async ({ client }) => {
      const [tools, prompts, resources, templates] = await Promise.all([
        client.listTools(),
        client.listPrompts(),
        client.listResources(),
        client.listResourceTemplates(),
      ])
      const upstream = tools.tools.filter(({ name }) => name.startsWith('up_'))
      if (upstream.length < 35) return `${upstream.length} tools`
      if (!prompts.prompts.some(({ name }) => name === 'up_test_prompt_with_image'))
        return 'prompts'
      if (!resources.resources.some(({ uri }) => uri === 'test://static-binary')) return 'resources'
      return templates.resourceTemplates.some(({ uriTemplate }) => uriTemplate.includes('{id}'))
    },
  },
  {
    name: 'structured content and _meta of results',
    holds: async (probe) => {
      const result = await call(probe, 'probe_echo', {
        text: 'x',
        n: 12.5,
        deep: { a: [null, true] },
      })
      const kept = JSON.stringify(result._meta).includes('"example.org/kept":true')
      const same =
        JSON.stringify(result.structuredContent) ===
        '{"text":"x","n":12.5,"deep":{"a":[null,true]}}'
      return kept && same
    },
  },
  {
    name: 'request _meta, trace context',
    holds: async ({ client }) => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
      const result = (await client.callTool({
        name: 'up_probe_whoami',
        arguments: {},
        _meta: { traceparent, 'example.org/asked': 7 },
      })) as Result
      const { meta } = JSON.parse(textOf(result)) as { meta: Record<string, unknown> } // The fixture's form.
      return meta.traceparent === traceparent && meta['example.org/asked'] === 7
    },
  },
  {
    name: 'client identity and capabilities',
    holds: async (probe) => {
      const said = JSON.parse(textOf(await call(probe, 'probe_whoami'))) as {
        info: { name: string; version: string }
        capabilities: object
      }
      const isMine = said.info.name === `probe-${probe.era}` && said.info.version === '7.7'
      return isMine && 'sampling' in said.capabilities && 'roots' in said.capabilities
    },
  },
  {
    name: 'error code and data',
    holds: async (probe) => {
      const error = await call(probe, 'probe_error').then(
        () => undefined,
        (thrown: unknown) => thrown as { code?: number; data?: unknown },
      )
      const data = JSON.stringify(error?.data)
      return error?.code === -32123 && data === '{"reason":"weekend","deep":{"n":[1,2]}}'
    },
  },
  {
    name: 'progress, in order, the last one too',
    holds: async ({ client }) => {
      const seen: number[] = []
      const onprogress = ({ progress }: { progress: number }) => void seen.push(progress)
      await client.callTool(
        { name: 'up_test_tool_with_progress', arguments: { steps: 20 } },
        { onprogress },
      )
      return seen.join() === Array.from({ length: 20 }, (_, step) => step).join() || seen.join()
    },
  },
  {
    name: 'cancel reaches the server',
    holds: async (probe) => {
      const mark = `mark-${Math.random()}`
      const stop = new AbortController()
      const params = { name: 'up_probe_wait', arguments: { ms: 20_000, mark } }
      const waiting = probe.client.callTool(params, { signal: stop.signal }).catch(() => undefined)
      await pause(300)
      stop.abort()
      await waiting
      return until(async () => textOf(await call(probe, 'probe_seen')).includes(`${mark} canceled`))
    },
  },
  {
    name: 'elicitation',
    holds: async (probe) => {
      const result = await call(probe, 'test_input_required_result_elicitation')
      return textOf(result) === 'Hello, Ada!' && probe.asked.some((what) => what.includes('name'))
    },
  },
  {
    name: 'elicitation, several rounds',
    holds: async (probe) =>
      textOf(await call(probe, 'test_input_required_result_multi_round')) === 'Ada likes red',
  },
  {
    name: 'sampling and roots, asked together',
    holds: async (probe) => {
      const text = textOf(await call(probe, 'test_input_required_result_multiple_inputs'))
      return text === 'Answers: client_roots,greeting,user_name' && probe.asked.includes('sampling')
    },
  },
  {
    name: 'elicitation of a prompt',
    holds: async ({ client }) => {
      const got = await client.getPrompt({ name: 'up_test_input_required_result_prompt' })
      return JSON.stringify(got.messages).includes('Context: ')
    },
  },
  {
    name: 'logging',
    holds: async ({ client, era, told }) => {
      if (era === 'legacy') await client.setLoggingLevel('info')
      const _meta = { 'io.modelcontextprotocol/logLevel': 'info' }
      const params = {
        name: 'up_test_tool_with_logging',
        arguments: {},
        ...(era === 'modern' ? { _meta } : {}),
      }
      await client.callTool(params)
      const lines = told.filter(({ method }) => method === 'notifications/message')
      return (
        lines.map(({ params: said }) => said.data).join() ===
          'Tool execution started,Tool processing data,Tool execution completed' ||
        JSON.stringify(lines)
      )
    },
  },
  {
    name: 'completion',
    holds: async ({ client }) => {
      const ref = { type: 'ref/prompt' as const, name: 'up_test_prompt_with_arguments' }
      const { completion } = await client.complete({
        ref,
        argument: { name: 'arg1', value: 'par' },
      })
      return completion.values.join() === 'paris,park,party'
    },
  },
  {
    name: 'resources, binary and by template',
    holds: async ({ client }) => {
      const binary = await client.readResource({ uri: 'test://static-binary' })
      const made = await client.readResource({ uri: 'test://template/42/data' })
      return (
        'blob' in binary.contents[0]! && JSON.stringify(made.contents).includes('Data for ID: 42')
      )
    },
  },
  {
    name: 'resource subscription',
    holds: async (probe) => {
      const { client, era, told } = probe
      const uri = 'test://watched-resource'
      const listening =
        era === 'modern' ? await client.listen({ resourceSubscriptions: [uri] }) : undefined
      if (!listening) await client.subscribeResource({ uri })
      await pause(300)
      await call(probe, 'probe_touch', { uri })
      const heard = await until(() =>
        told.some(({ method, params }) => method.endsWith('updated') && params.uri === uri),
      )
      await listening?.close()
      return heard
    },
  },
  {
    name: 'list_changed',
    holds: async (probe) => {
      const { client, era, told } = probe
      const listening =
        era === 'modern'
          ? await client.listen({ toolsListChanged: true, promptsListChanged: true })
          : undefined
      await call(probe, 'test_trigger_tool_change')
      await call(probe, 'test_trigger_prompt_change')
      const heard = await until(() =>
        ['tools', 'prompts'].every((kind) => told.some(({ method }) => method.includes(kind))),
      )
      // A client lists again at each notification; what it has in the end counts.
      const settled = await until(async () => {
        const { tools } = await client.listTools()
        return !tools.some(({ name }) => name === 'up_test_changing_tool')
      })
      await listening?.close()
      return heard && settled
    },
  },
  {
    name: 'no call lost over an upstream restart',
    holds: async (probe) => {
      let failures = 0
      for (let round = 0; round < 3; round++) {
        await probe.restart()
        await call(probe, 'probe_echo', { text: `${round}` }).catch(() => failures++)
      }
      return failures === 0 || `${failures} of 3 lost`
    },
  },
]

const call = async ({ client }: ProbeClient, tool: string, args: Record<string, unknown> = {}) =>
  (await client.callTool({ name: `up_${tool}`, arguments: args })) as Result // The result of a call.

const textOf = ({ content }: Result): string => content.map(({ text = '' }) => text).join('')

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function until(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + waitMs
  while (!(await holds())) {
    if (performance.now() > deadline) return false
    await pause(25)
  }
  return true
}
