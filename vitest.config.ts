import { defineConfig } from 'vitest/config';

/**
 * Two projects. `unit` is pure: no child, no socket, no timer that anything waits for, so it runs in parallel and in
 * under a minute. `system` starts real hosts and replicas, one file at a time: on two cores two clusters side by side
 * would measure each other.
 */
export default defineConfig({
  test: {
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/e2e/**', 'test/contract/**'],
          // Property tests take a second; on a busy machine the usual five would be a measure of its neighbors.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/{integration,e2e,contract}/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
