import { defineServer } from '../kit/tool.ts'
import { noteDelete } from './delete.ts'
import { noteMove } from './move.ts'
import { notePicture } from './pictures.ts'
import { querysetList, querysetRun } from './queryset-tools.ts'
import { noteLinks, noteRead } from './read.ts'
import { noteSearch } from './search.ts'
import { vaultRead } from './stats.ts'
import { noteCheckbox, noteCreate, notePatch, noteProperty } from './write.ts'

export const obsidian = defineServer({
  name: 'obsidian',
  title: 'Notes',
  description:
    'Obsidian vaults and other folders of Markdown: notes, links, properties, query sets, on the files alone.',
  tools: [
    vaultRead,
    noteSearch,
    noteRead,
    noteLinks,
    notePicture,
    noteCreate,
    notePatch,
    noteProperty,
    noteCheckbox,
    noteMove,
    noteDelete,
    querysetList,
    querysetRun,
  ],
})
