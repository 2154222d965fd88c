import { defineConfig } from 'vitest/config'
import { FlakyReporter } from './test/helpers/flaky-reporter.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/real/**'],
    globalSetup: ['test/helpers/bundle.ts'],
    pool: 'forks',
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // What is waited for comes late on a busy machine; only what never comes is to end.
    expect: { poll: { timeout: 60_000 } },
    // Hubs, agents and a browser run beside the tests; more at a time only makes them wait.
    maxWorkers: 2,
    // The authorization server of the tests says at each start that it is set up for tests.
    onConsoleLog: (text) => !text.startsWith('oidc-provider '),
    // In two thousand tests one race is met now and then: it is named, and the run goes on.
    retry: process.env.CI ? 1 : 0,
    reporters: process.env.CI
      ? ['default', 'junit', new FlakyReporter('test-results/flaky.txt')]
      : ['default'],
    outputFile: { junit: 'test-results/junit.xml' },
  },
})
