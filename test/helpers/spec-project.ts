import type { TestHub } from './hub.ts'
import { commitAll, makeRepo, writeFiles } from './repo.ts'

const tasks = `---
description: "Tasks"
---

# Tasks: Login

## Phase 1: Setup

- [X] T001 Create project structure
- [ ] T002 [P] Configure linting in .oxlintrc.json
- [ ] T003 [P] Configure tests

**Checkpoint**: ready

## Phase 2: User Story 1 - Sign in (Priority: P1)

- [ ] T004 [US1] Form for FR-001 in src/form.ts
- [ ] **T005** [US1, US2] Session (depends on T004)
- [~] T006 Later, perhaps

| T007 | in a table |
- T008 prose, not a task
- [ ] a box without an id
`

const spec = `# Feature Specification: Login

### User Story 1 - Sign in (Priority: P1)

### User Story 2 - Sign out (Priority: P2)

### User Story 3 - Forgotten password (Priority: P3)

## Requirements

- **FR-001**: System MUST show a form
- **FR-002**: System MUST [NEEDS CLARIFICATION: which method?]
- **SC-001**: Signing in takes two seconds
`

/** A repository with one feature, known to the hub. */
export async function makeSpecProject(
  hub: TestHub,
  files: Record<string, string> = {},
): Promise<{ repo: string; feature: string }> {
  const repo = await makeRepo({
    'README.md': 'A thing.\n',
    '.specify/templates/spec-template.md': '# Feature Specification: [FEATURE NAME]\n',
    '.specify/templates/plan-template.md': '# Plan\n',
    'specs/001-login/spec.md': spec,
    'specs/001-login/tasks.md': tasks,
  })
  writeFiles(repo, files)
  await commitAll(repo, 'features')
  await hub.call('branch_create', { repo, branch: 'known' })
  return { repo, feature: '001-login' }
}
