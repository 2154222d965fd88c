type Scenario = { scenario: string; revision: string; required: boolean }

const of = (revision: string, required: boolean, ...names: string[]): Scenario[] =>
  names.map((scenario) => ({ scenario, revision, required }))

const signIn = [
  'auth/metadata-default',
  'auth/metadata-var1',
  'auth/metadata-var2',
  'auth/metadata-var3',
  'auth/basic-cimd',
  'auth/scope-from-www-authenticate',
  'auth/scope-from-scopes-supported',
  'auth/scope-omitted-when-undefined',
  'auth/scope-step-up',
  'auth/scope-retry-limit',
  'auth/token-endpoint-auth-basic',
  'auth/token-endpoint-auth-post',
  'auth/token-endpoint-auth-none',
  'auth/pre-registration',
]

/**
 * What the suite asks of a client. Not required are those added after a revision's release, and the
 * extensions. Of these auth/enterprise-managed-authorization is left out: the hub knows no identity
 * provider of a company.
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
  ...of('2025-11-25', true, ...signIn),
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
  ...of(
    '2026-07-28',
    true,
    ...signIn,
    'auth/resource-mismatch',
    'auth/offline-access-scope',
    'auth/offline-access-not-supported',
    'auth/authorization-server-migration',
    'auth/iss-supported',
    'auth/iss-not-advertised',
    'auth/iss-supported-missing',
    'auth/iss-wrong-issuer',
    'auth/iss-unexpected',
    'auth/iss-normalized',
    'auth/metadata-issuer-mismatch',
  ),
  ...of(
    '2026-07-28',
    false,
    'json-schema-2020-12-preservation',
    'auth/client-credentials-jwt',
    'auth/client-credentials-basic',
    'auth/dpop',
    'auth/dpop-nonce',
    'auth/wif-jwt-bearer',
  ),
]

/** The skills extension, SEP-2640: never required, and so counted only when it passes. */
export const skillScenarios = [
  'sep-2640-skills-directory',
  'sep-2640-skills-enumeration',
  'sep-2640-skills-manifest',
]
