type Scenario = { scenario: string; revision: string; required: boolean }

const of = (revision: string, required: boolean, ...names: string[]): Scenario[] =>
  names.map((scenario) => ({ scenario, revision, required }))

/**
 * What the suite asks of a client, without the OAuth scenarios: the hub does not sign in to upstreams
 * yet. Not required are those added after a revision's release.
 */
export const clientScenarios: Scenario[] = [
  ...of(
    '2025-11-25',
    true,
    'initialize',
    'tools_call',
    'elicitation-sep1034-client-defaults',
    'sse-retry',
  ),
  ...of('2025-11-25', false, 'json-schema-2020-12-preservation'),
  ...of(
    '2026-07-28',
    true,
    'tools_call',
    'request-metadata',
    'sep-2322-client-request-state',
    'http-standard-headers',
    'http-custom-headers',
    'http-invalid-tool-headers',
    'json-schema-ref-no-deref',
  ),
  ...of('2026-07-28', false, 'json-schema-2020-12-preservation'),
]

/** The skills extension, SEP-2640: never required, and so counted only when it passes. */
export const skillScenarios = [
  'sep-2640-skills-directory',
  'sep-2640-skills-enumeration',
  'sep-2640-skills-manifest',
]
