import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import manifest from './package.json' with { type: 'json' };

/** A source that a test imports as such finds its platform's part (`#ownTransport`, …) in the source too. */
const ownParts = Object.entries(manifest.imports).map(([find, { default: built }]) => ({
  find,
  replacement: fileURLToPath(new URL(built.replace('/dist/', '/src/').replace(/js$/, 'ts'), import.meta.url)),
}));

/** Suites whose server this machine does not have: left out as a whole, which in CI is an error. */
const leftOut: string[] = [];
if (spawnSync('redis-server', ['--version']).error) {
  const hint = 'redis-server is missing, test/redis is left out. Install it: apt-get install -y redis-server';
  if (process.env.CI) throw new Error(hint);
  process.stderr.write(`\n${hint}\n\n`);
  leftOut.push('test/redis/**');
}

export default defineConfig({
  resolve: { alias: ownParts },
  test: {
    include: ['test/**/*.test.ts', 'marbles/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...leftOut],
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: 'tsconfig.tools.json' },
    // 'rx-groq' is tested as it ships: Node itself resolves it to dist/ by the package's own exports.
    server: { deps: { external: [/\/dist\//] } },
    // A busy machine delays anything by seconds. What a test waits for comes, or never: none of these is a bound that a test is about.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    // No file changes what another sees; a process for each would cost more than most of them.
    isolate: false,
    maxWorkers: '100%',
  },
});
