/** Addresses of the hub's own MCP Apps begin with this. Rule: SEP-1865, "UI resource format". */
export const appScheme = 'ui://switchyard/'

export const appMimeType = 'text/html;profile=mcp-app'

export const appAddress = (name: string): string => `${appScheme}${name}`
