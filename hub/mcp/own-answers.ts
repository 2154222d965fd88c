import type { Tool } from '../../servers/kit/tool.ts'
import { isObject } from '../rpc/protocol.ts'

/** In `_meta` of a call: 'structured' from a program, which reads no text. */
const outputKey = 'switchyard/output'

/**
 * The fields of an own tool's answer. Some clients show a model the text, some the structured content
 * and some both, so nothing is sent twice that need not be: a tool that has a text for models sends
 * that alone (and lists no output schema), a program that asks for the structure gets that alone.
 * A client that shows the tool's app gets both: the text is for the model, the structure for the app.
 */
export function ownAnswer(tool: Tool, output: unknown, meta: unknown, showsApps: boolean): string {
  if (isObject(meta) && meta[outputKey] === 'structured')
    return `"content":[],"structuredContent":${JSON.stringify(output)}`
  if (tool.text) {
    const content = `"content":[{"type":"text","text":${JSON.stringify(tool.text(output))}}]`
    if (tool.app === undefined || !showsApps) return content
    return `${content},"structuredContent":${JSON.stringify(output)}`
  }
  const structured = JSON.stringify(output)
  return `"content":[{"type":"text","text":${JSON.stringify(structured)}}],"structuredContent":${structured}`
}
