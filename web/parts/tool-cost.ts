import type { ListedTool } from '../mcp.ts'

/** Characters of JSON that make a token in the tokenizers in use, within a tenth for schemas in English. */
const charsPerToken = 4.2

/** About what a model pays to know a tool: its name, what it says of itself, and its arguments. */
export function tokensOf({ name, description, inputSchema }: ListedTool): number {
  const text = JSON.stringify({ name, description, inputSchema })
  return Math.round(text.length / charsPerToken)
}
