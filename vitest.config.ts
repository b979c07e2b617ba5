import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import manifest from './package.json' with { type: 'json' };

/** A source that a test imports as such finds its platform's part (`#ownTransport`, …) in the source too. */
const ownParts = Object.entries(manifest.imports).map(([find, { default: built }]) => ({
  find,
  replacement: fileURLToPath(new URL(built.replace('/dist/', '/src/').replace(/js$/, 'ts'), import.meta.url)),
}));

export default defineConfig({
  resolve: { alias: ownParts },
  test: {
    include: ['test/**/*.test.ts', 'marbles/**/*.test.ts'],
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: 'tsconfig.tools.json' },
    // 'rx-groq' is tested as it ships: Node itself resolves it to dist/ by the package's own exports.
    server: { deps: { external: [/\/dist\//] } },
    testTimeout: 20_000,
    // No file changes what another sees; a process for each would cost more than most of them.
    isolate: false,
    maxWorkers: '100%',
  },
});
