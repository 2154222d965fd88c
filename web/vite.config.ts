import { defineConfig } from 'vite'

/** The dashboard is the only part that is built. Source maps stay out of what users load. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
  },
})
