import type { Draft } from './change-drafts.ts'
import type { Act } from './change-verdict.ts'

type Given = {
  /** What was filled in beside the buttons. */
  form: HTMLFormElement
  change: string
  /** The revision that was on the screen, and the commit it ends at. */
  revision: number
  head: string | undefined
  drafts: Draft[]
}

/** The call that a button of the verdict stands for. */
export function callOf(
  act: Act,
  { form, change, revision, head, drafts }: Given,
): [tool: string, args: Record<string, unknown>] {
  const fields = new FormData(form)
  const text = (name: string) => {
    const value = fields.get(name)
    return typeof value === 'string' ? value.trim() : ''
  }
  const [body, strategy] = [text('body'), text('strategy')]
  switch (act) {
    case 'comment':
      return ['change_comment', { change, body, revision }]
    case 'request_changes':
    case 'accept': {
      const comments = drafts.map(({ revision: _revision, ...comment }) => comment)
      return ['change_review', { change, verdict: act, body, comments, revision }]
    }
    case 'check':
      return ['change_check', { change }]
    case 'ready':
      return ['change_update', { change, draft: false }]
    case 'close':
      return ['change_close', { change, reason: body }]
    case 'merge':
    case 'resolve':
      return [
        'change_merge',
        {
          change,
          expect_head: head,
          update_checkout: fields.has('checkout'),
          ...(strategy === '' ? {} : { strategy }),
          ...(act === 'resolve' ? { resolve: true } : {}),
          ...(fields.has('force') ? { force: true } : {}),
        },
      ]
  }
}
