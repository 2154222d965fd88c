import type { Tool } from '../../servers/kit/tool.ts'
import type { Registry } from '../calls/registry.ts'

/** A REST route is a tool call under another name: path, query and body together are its arguments. */
export type Route = {
  method: 'GET' | 'POST'
  /** `:name` fills the argument of that name. */
  path: string
  tool: string
  /** 202 where the answer is an id to follow; else 200. */
  status?: 201 | 202
}

/** Every REST route of the hub. There is nothing behind one that its tool does not do. */
export const routes: Route[] = [
  { method: 'GET', path: '/capacity', tool: 'capacity_read' },
  { method: 'GET', path: '/clusters', tool: 'cluster_list' },
  { method: 'GET', path: '/nodes', tool: 'node_list' },
  { method: 'GET', path: '/pods', tool: 'pod_list' },
  { method: 'GET', path: '/pods/:pod', tool: 'pod_read' },
  { method: 'POST', path: '/evict', tool: 'pod_delete' },
  { method: 'GET', path: '/tasks', tool: 'task_list' },
  { method: 'POST', path: '/tasks', tool: 'task_submit', status: 202 },
  { method: 'POST', path: '/tasks/claim', tool: 'task_claim' },
  { method: 'POST', path: '/tasks/heartbeat', tool: 'task_heartbeat' },
  { method: 'POST', path: '/tasks/update', tool: 'task_report' },
  { method: 'POST', path: '/tasks/log', tool: 'task_log_append' },
  { method: 'GET', path: '/tasks/:task', tool: 'task_read' },
  { method: 'GET', path: '/tasks/:task/wait', tool: 'task_wait' },
  { method: 'GET', path: '/tasks/:task/log', tool: 'task_log' },
  { method: 'GET', path: '/tasks/:task/artifacts', tool: 'artifact_list' },
  { method: 'POST', path: '/tasks/:task/cancel', tool: 'task_cancel' },
  { method: 'POST', path: '/tasks/:task/retry', tool: 'task_retry' },
  { method: 'POST', path: '/tasks/:task/message', tool: 'task_message' },
  { method: 'POST', path: '/schedule', tool: 'task_submit', status: 202 },
  { method: 'POST', path: '/v1/jobs', tool: 'task_submit', status: 202 },
  { method: 'GET', path: '/v1/jobs/:task', tool: 'task_read' },
  { method: 'POST', path: '/v1/jobs/:task/cancel', tool: 'task_cancel' },
  { method: 'GET', path: '/templates', tool: 'template_list' },
  { method: 'GET', path: '/agents', tool: 'agent_list' },
  { method: 'GET', path: '/agents/:agent', tool: 'agent_read' },
  { method: 'GET', path: '/approvals', tool: 'approval_list' },
  { method: 'POST', path: '/approvals/:approval', tool: 'approval_decide' },
  { method: 'GET', path: '/repos', tool: 'repo_list' },
  { method: 'GET', path: '/changes', tool: 'change_list' },
  { method: 'GET', path: '/changes/:change', tool: 'change_read' },
  { method: 'POST', path: '/changes/:change/comments', tool: 'change_comment' },
  { method: 'POST', path: '/changes/:change/reviews', tool: 'change_review' },
  { method: 'POST', path: '/changes/:change/merge', tool: 'change_merge' },
  { method: 'GET', path: '/v1/context/search', tool: 'context_search' },
  { method: 'GET', path: '/v1/search', tool: 'context_search' },
  { method: 'GET', path: '/v1/context/pack', tool: 'context_pack' },
  { method: 'GET', path: '/v1/context/sources', tool: 'context_source_list' },
  { method: 'POST', path: '/v1/ingest', tool: 'context_ingest', status: 202 },
  { method: 'GET', path: '/v1/specs', tool: 'spec_list' },
  { method: 'POST', path: '/v1/specs', tool: 'spec_create', status: 201 },
  { method: 'GET', path: '/v1/specs/:feature', tool: 'spec_read' },
  { method: 'GET', path: '/v1/specs/:feature/check', tool: 'spec_check' },
  { method: 'GET', path: '/v1/specs/:feature/tasks', tool: 'spec_task_list' },
  { method: 'POST', path: '/v1/specs/:feature/tasks', tool: 'spec_task_update' },
  { method: 'GET', path: '/v1/notes/search', tool: 'note_search' },
  { method: 'GET', path: '/v1/notes', tool: 'note_read' },
  { method: 'GET', path: '/v1/querysets', tool: 'queryset_list' },
  { method: 'GET', path: '/models', tool: 'model_list' },
  { method: 'POST', path: '/llm/infer', tool: 'model_generate' },
  { method: 'GET', path: '/usage', tool: 'usage_read' },
  { method: 'GET', path: '/servers', tool: 'server_list' },
  { method: 'GET', path: '/peers', tool: 'peer_list' },
  { method: 'POST', path: '/peers', tool: 'peer_add', status: 201 },
  { method: 'POST', path: '/peers/invitations', tool: 'peer_invite', status: 201 },
  { method: 'POST', path: '/peers/:name/remove', tool: 'peer_remove' },
  { method: 'GET', path: '/audit', tool: 'audit_list' },
  { method: 'GET', path: '/whoami', tool: 'whoami' },
]

/** The methods that the routes of a path answer; none where there is no such path. */
export function methodsAt(path: string): Route['method'][] {
  const found = routes.filter((route) =>
    new RegExp(`^${route.path.replace(/:\w+/g, '[^/]+')}$`).test(path),
  )
  return [...new Set(found.map(({ method }) => method))]
}

type Property = { type?: string; description?: string; anyOf?: { type?: string }[] }
type ObjectSchema = { properties?: Record<string, Property>; required?: string[] }

/** The arguments of a call, out of what an HTTP request has. Text is typed as the schema says. */
export function routeArguments(
  tool: Tool,
  request: {
    path: Record<string, string>
    query: Record<string, string>
    body: Record<string, unknown>
    key: string | undefined
  },
): Record<string, unknown> {
  const { properties = {} } = tool.inputSchema() as ObjectSchema // Made by zod from an object.
  const typed = (values: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, convert(value, properties[name])]),
    )
  // The header is how HTTP clients are used to sending it.
  const key =
    request.key !== undefined && 'idempotency_key' in properties
      ? { idempotency_key: request.key }
      : {}
  return { ...typed(request.query), ...key, ...request.body, ...request.path }
}

function convert(value: string, property: Property | undefined): unknown {
  const type = property?.type ?? property?.anyOf?.find((option) => option.type)?.type
  if (type === 'boolean') return value === '' || value === 'true' || value === '1'
  const number = type === 'integer' || type === 'number' ? Number(value) : NaN
  // What is no number is refused as it was sent.
  if (value.trim() !== '' && !Number.isNaN(number)) return number
  if (type === 'array') return value.split(',')
  return value
}

/** OpenAPI 3.1 of all routes, from the same definitions that answer them. https://spec.openapis.org/oas/v3.1.1 */
export function openApi(registry: Registry, version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    ;(paths[path] ??= {})[route.method.toLowerCase()] = operation(
      route,
      registry.require(route.tool),
    )
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Switchyard',
      version,
      description: 'Every route is a call of the tool that it names.',
    },
    security: [{ bearer: [] }],
    paths,
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  }
}

function operation({ method, path, tool: name, status }: Route, tool: Tool): object {
  const schema = tool.inputSchema() as ObjectSchema // As above.
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, field = '']) => field)
  const rest = Object.entries(schema.properties ?? {}).filter(([field]) => !inPath.includes(field))
  const required = (schema.required ?? []).filter((field) => !inPath.includes(field))
  const parameter = (field: string, place: 'path' | 'query', property: Property | undefined) => {
    const { description, ...type } = property ?? {}
    return {
      name: field,
      in: place,
      required: place === 'path' || required.includes(field),
      schema: type,
      ...(description ? { description } : {}),
    }
  }
  const body = {
    type: 'object',
    properties: Object.fromEntries(rest),
    required,
    additionalProperties: false,
  }
  const problem = {
    description: 'A typed error',
    content: { 'application/json': { schema: errorSchema } },
  }
  return {
    operationId: `${method.toLowerCase()}${path.replace(/\W+/g, '_')}`,
    summary: tool.title,
    description: `${tool.description} Tool: \`${name}\`; scope: \`${tool.scope}\`.`,
    parameters: [
      ...inPath.map((field) => parameter(field, 'path', schema.properties?.[field])),
      ...(method === 'GET'
        ? rest.map(([field, property]) => parameter(field, 'query', property))
        : []),
    ],
    ...(method === 'POST'
      ? { requestBody: { content: { 'application/json': { schema: body } } } }
      : {}),
    responses: {
      [status ?? 200]: {
        description: tool.title,
        content: { 'application/json': { schema: tool.outputSchema() } },
      },
      default: problem,
    },
  }
}

const errorSchema = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        code: { type: 'string' },
        message: { type: 'string' },
        hint: { type: 'string' },
        details: { type: 'object' },
      },
      required: ['code', 'message'],
    },
  },
  required: ['error'],
}
