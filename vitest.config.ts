import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'marbles/**/*.test.ts'],
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: 'tsconfig.tools.json' },
    // 'rx-groq' is tested as it ships: Node itself resolves it to dist/ by the package's own exports.
    server: { deps: { external: [/\/dist\//] } },
    testTimeout: 20_000,
  },
});
