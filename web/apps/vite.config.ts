import { defineConfig } from 'vite'

/** The hub's own MCP Apps: one script and one style sheet, which are put into a document each. */
export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: '../dist/apps',
    emptyOutDir: true,
    target: 'es2023',
    cssCodeSplit: false,
    lib: { entry: 'main.ts', formats: ['es'], fileName: () => 'apps.js', cssFileName: 'apps' },
  },
})
