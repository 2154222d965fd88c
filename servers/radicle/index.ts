import { defineServer } from '../kit/tool.ts'
import { branchUpdate } from './branch-update.ts'
import { repoClone } from './clone.ts'
import { changeList, changeOpen, changeRead } from './changes.ts'
import { changeCheck, changeChecked } from './merge-check.ts'
import { changeHold, changeMerge } from './merge.ts'
import { changeUpdate } from './drafts.ts'
import { changeImport } from './import.ts'
import { changeSync, changeWatch } from './incoming.ts'
import { proposalList } from './proposals.ts'
import { repoDiff, repoList, repoLog, repoRead } from './repositories.ts'
import { changeClose, changeComment, changeReview } from './review.ts'
import { branchCreate, branchPush, commitCreate, workspaceRemove } from './workspaces.ts'

export const radicle = defineServer({
  name: 'radicle',
  title: 'Repositories and changes',
  description: 'Git repositories, task branches, and changes with their review and merge.',
  tools: [
    repoList,
    repoRead,
    repoLog,
    repoDiff,
    repoClone,
    branchCreate,
    branchUpdate,
    commitCreate,
    branchPush,
    changeOpen,
    changeUpdate,
    changeImport,
    changeList,
    proposalList,
    changeRead,
    changeComment,
    changeReview,
    changeMerge,
    changeHold,
    changeCheck,
    changeChecked,
    changeClose,
    changeWatch,
    changeSync,
    workspaceRemove,
  ],
})
