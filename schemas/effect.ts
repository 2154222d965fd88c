/** What a call does to the world; the MCP hints follow from it. */
export type Effect = 'read' | 'create' | 'update' | 'destroy'
