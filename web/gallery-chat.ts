import { html } from 'lit'
import type { Approval } from '../schemas/approval.ts'
import type { ChatPart, ToolPart } from '../schemas/chat-part.ts'
import { Along } from './chat/along.ts'
import { alongChips } from './chat/along-chips.ts'
import type { Message } from './chat/answer.ts'
import './chat/chat.css'
import './chat/composer.ts'
import { editView } from './chat/edit.ts'
import type { Actions } from './chat/message.ts'
import { answerView, requestView } from './chat/message.ts'
import { approvalCard } from './parts/approval.ts'
import { toolCard } from './parts/tool-card.ts'

const at = Date.now() - 90_000
const nothingDone = () => undefined

const actions: Actions = {
  isAnswering: false,
  models: [
    { name: 'ollama/qwen3:8b', kind: 'local' },
    { name: 'openai/gpt', kind: 'cloud' },
  ],
  ...{ edit: nothingDone, again: nothingDone, show: nothingDone },
}

const said = (parts: ChatPart[], more: Partial<Message> = {}): Message => ({
  ...{ id: 'message-1', parent: null, role: 'user', state: 'done', parts, after: 0 },
  ...{ siblings: ['message-1'], createdAt: at, ...more },
})
const answered = (parts: ChatPart[], more: Partial<Message> = {}): Message =>
  said(parts, {
    ...{ role: 'assistant', id: 'message-2', siblings: ['message-2'], endedAt: at + 4200 },
    ...{ model: 'openai/gpt', kind: 'cloud', usage: { inputTokens: 812, outputTokens: 54 } },
    ...more,
  })
const text = (words: string, state: 'done' | 'streaming' = 'done'): ChatPart => ({
  ...{ type: 'text', id: words.slice(0, 8), text: words, state },
})
const call = (state: ToolPart['state'], more: Partial<ToolPart> = {}): ToolPart => ({
  ...{ type: 'dynamic-tool', toolCallId: `call-${state}`, toolName: 'task_list', state },
  ...{ title: 'List tasks', input: { state: 'failed', limit: 5 }, ...more },
})

/** What of the chat needs no hub, in each of its states; text that others wrote is `hostile`. */
export function chatParts(hostile: string): [string, unknown][] {
  const attached: ChatPart[] = [
    {
      type: 'data-attachment',
      data: { name: 'screen.png', mediaType: 'image/png', sizeBytes: 70, file: 'file-1' },
    },
    {
      type: 'data-attachment',
      data: { name: hostile, mediaType: 'text/plain', sizeBytes: 4, text: 'a' },
    },
    { type: 'data-mention', data: { kind: 'task', id: 'task-1', label: 'Add up the basket' } },
    { type: 'data-page', data: { url: '#/tasks', title: 'Tasks' } },
  ]
  const rows = [
    {
      id: 'task-1m8aqvgf100-8d55f',
      state: 'failed',
      name: hostile,
      startedAt: at,
      sizeBytes: 4096,
    },
    { id: 'note', state: 'done', name: 'short', startedAt: at, sizeBytes: 12 },
  ]
  const error = { code: 'unavailable', message: hostile, hint: 'Ask for the answer anew.' } as const
  const waiting: Approval = {
    ...{ id: 'approval-1', org: 'default', state: 'pending', kind: 'call' },
    ...{ question: 'May the assistant of ada call change_merge?', askedBy: 'ada', askedAt: at },
    details: { tool: 'change_merge', arguments: { change: 'change-1', message: hostile } },
  }
  const along = new Along(nothingDone)
  along.add(
    { kind: 'picture', name: 'screen.png', file: 'file-1' },
    { kind: 'artifact', name: 'report.json', artifact: 'artifact-1' },
    { kind: 'text', name: hostile, mediaType: 'text/plain', text: '' },
  )
  along.offer({ url: '#/tasks', title: 'Tasks' })
  along.problems = ['huge.png is larger than 3 MiB. Attach a smaller picture.']
  const answer = (message: Message, isAnswering = false) =>
    inChat(answerView(message, { ...actions, isAnswering }))
  return [
    ['Chat: request', inChat(requestView(said([text('Which tasks failed today?')]), actions))],
    [
      'Chat: request with versions and attachments',
      inChat(
        requestView(
          said([text(hostile), ...attached], { siblings: ['message-0', 'message-1'] }),
          actions,
        ),
      ),
    ],
    [
      'Chat: edit',
      inChat(editView(said([text('Which failed?')]), { done: nothingDone, cancel: nothingDone })),
    ],
    ['Chat: goes along', html`<div class="composer">${alongChips(along)}</div>`],
    ['Chat: composer', html`<sy-composer .draft=${'gallery'} .isAnswering=${true}></sy-composer>`],
    ['Chat: answer', answer(answered([text(`Two failed.\n\n- **one**\n- \`two\`\n\n${hostile}`)]))],
    [
      'Chat: streaming, after a thought and a word of yours',
      answer(
        answered(
          [
            { type: 'reasoning', id: 'r', text: hostile, state: 'done' },
            text('I looked.'),
            { type: 'steering-message', id: 's', parts: [{ type: 'text', text: 'in French' }] },
            text('Deux ont', 'streaming'),
          ],
          { state: 'running' },
        ),
        true,
      ),
    ],
    ['Chat: thinking', answer(answered([], { state: 'running' }), true)],
    [
      'Chat: fallback and what was read',
      answer(
        answered([
          {
            ...{ type: 'data-notice', id: 'n' },
            data: {
              kind: 'fallback',
              text: `openai/gpt answers: ollama/qwen3:8b did not (${hostile})`,
            },
          },
          {
            ...{ type: 'data-context', id: 'c' },
            data: [
              { kind: 'task', id: 'task-1', title: 'Add up the basket', text: hostile },
              { kind: 'note', id: 'gone.md', error: 'not_found: there is no such note' },
            ],
          },
          text('It is done.'),
        ]),
      ),
    ],
    ['Chat: failed', answer(answered([text('So far')], { state: 'failed', error }))],
    ['Chat: interrupted', answer(answered([text('So far')], { state: 'interrupted' }))],
    ['Chat: stopped', answer(answered([text('So far')], { state: 'stopped' }))],
    [
      'Tool card: preparing, running, cut off',
      [
        toolCard(call('input-streaming', { input: '{"state":"fai' }), true),
        toolCard(call('input-available'), true),
        toolCard(call('input-available'), false),
      ],
    ],
    [
      'Tool card: waits for you, answered',
      [toolCard(call('approval-requested'), false), toolCard(call('approval-responded'), true)],
    ],
    [
      'Tool card: done, as a table, as text',
      [
        opened(
          toolCard(
            call('output-available', {
              output: { items: rows, next: 'x' },
              toolMetadata: { durationMs: 84 },
            }),
            false,
          ),
        ),
        opened(toolCard(call('output-available', { output: { text: `${hostile}\nline` } }), false)),
        toolCard(call('output-available', { output: { items: [] } }), false),
      ],
    ],
    [
      'Tool card: failed, not allowed',
      [
        toolCard(
          call('output-error', { errorText: hostile, toolMetadata: { error, durationMs: 12 } }),
          false,
        ),
        toolCard(
          call('output-denied', { approval: { id: 'a', approved: false, reason: hostile } }),
          false,
        ),
      ],
    ],
    [
      'Approval',
      approvalCard({
        ...{
          asked: waiting,
          showsTask: true,
          showsGraph: false,
          isBusy: false,
          answer: nothingDone,
        },
      }),
    ],
  ]
}

/** As wide and as styled as in a conversation. */
const inChat = (part: unknown) =>
  html`<sy-chat><div class="messages" role="log">${part}</div></sy-chat>`

/** A card is looked at with what is inside of it. */
function opened(card: unknown) {
  queueMicrotask(() => {
    for (const details of document.querySelectorAll<HTMLDetailsElement>('.opened > details'))
      details.open = true
  })
  return html`<div class="opened">${card}</div>`
}
