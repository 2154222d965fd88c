import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/real/**'],
    globalSetup: ['test/helpers/bundle.ts'],
    pool: 'forks',
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // Hubs, agents and a browser run beside the tests; more at a time only makes them wait.
    maxWorkers: 2,
    // The authorization server of the tests says at each start that it is set up for tests.
    onConsoleLog: (text) => !text.startsWith('oidc-provider '),
    reporters: process.env.CI ? ['default', 'junit'] : ['default'],
    outputFile: { junit: 'test-results/junit.xml' },
  },
})
