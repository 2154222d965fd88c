/** Variables with our prefix that are not settings: what a pod is told by its driver. */
export const podVariables = [
  'SWITCHYARD_URL',
  'SWITCHYARD_TOKEN',
  'SWITCHYARD_TOKEN_FILE',
  'SWITCHYARD_ALIVE',
  'SWITCHYARD_METRICS_PORT',
  'SWITCHYARD_POD',
  'SWITCHYARD_TASK',
  'SWITCHYARD_ENDPOINT',
  'SWITCHYARD_WORK',
  'SWITCHYARD_INPUTS',
  'SWITCHYARD_CACHE',
  'SWITCHYARD_GIT',
  'SWITCHYARD_UPSTREAM',
]
