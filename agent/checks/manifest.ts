import { z } from 'zod'

/** What is read of a package.json. */
export const Manifest = z.looseObject({
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
  workspaces: z.unknown().optional(),
})
export type Manifest = z.infer<typeof Manifest>
