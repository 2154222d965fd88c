import { defineServer } from '../kit/tool.ts'
import { chatExport } from './export.ts'
import { chatAttach, chatAttachment } from './files.ts'
import { chatList, chatRead } from './read.ts'
import { chatDelete, chatUpdate } from './update.ts'

export const chat = defineServer({
  name: 'chat',
  title: 'Chat',
  description: 'Conversations with the assistant of this hub: your own, and nobody else’s.',
  tools: [chatList, chatRead, chatExport, chatUpdate, chatDelete, chatAttach, chatAttachment],
})
