import { resolve } from 'node:path'
import { z } from 'zod'
import { Settings } from '../../schemas/config.ts'
import { manifest } from '../../servers/kit/code-root.ts'
import { diskRoom } from '../../servers/kit/disk.ts'
import { defineTool } from '../../servers/kit/tool.ts'

type Sources = {
  url(): string
  startedAt(): number
  configProblem(): string | undefined
}

const mib = 1024 * 1024

/** The tool that says what runs here, made for one hub. */
export const hubRead = ({ url, startedAt, configProblem }: Sources) =>
  defineTool({
    name: 'hub_read',
    title: 'Read the hub',
    description:
      'Shows what this hub is: version, data directory, settings, and room on its disk. Use cluster_list for the machines that run work; `switchyard doctor` looks deeper.',
    effect: 'read',
    scope: 'admin',
    input: {},
    output: z.object({
      version: z.string(),
      node: z.string().describe('Version of Node.js that runs it'),
      url: z.string().describe('Where it listens'),
      startedAt: z.int(),
      dataDir: z.string(),
      storeMb: z.number().describe('What the store holds, in MiB'),
      disk: z.object({
        freeMb: z.int(),
        keptFreeMb: z.int().describe('Kept free for what runs'),
        isLow: z.boolean().describe('Whether new work is refused for lack of room'),
      }),
      settings: Settings.partial().describe('As started; switchyard.json holds the rest'),
      orgs: z.array(z.string()).describe('Orgs that switchyard.json names'),
      configProblem: z
        .string()
        .optional()
        .describe(
          'What is wrong in switchyard.json; until it is mended, what it said before holds',
        ),
    }),
    run: async (_input, ctx) => {
      const { file, ...settings } = ctx.config
      const problem = configProblem()
      return {
        version: manifest.version,
        node: process.versions.node,
        url: url(),
        startedAt: startedAt(),
        dataDir: resolve(ctx.dataDir),
        storeMb: Math.round((10 * ctx.store.usedBytes()) / mib) / 10,
        disk: await diskRoom(ctx),
        settings,
        orgs: Object.keys(file.orgs),
        ...(problem === undefined ? {} : { configProblem: problem }),
      }
    },
  })
