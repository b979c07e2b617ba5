import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('a short soak: every request ends once, nothing is left (ten minutes, and the heap: npm run test:soak)', async () => {
  const script = fileURLToPath(new URL('soak.mjs', import.meta.url));
  const soak = spawn(process.execPath, ['--expose-gc', script], { env: { ...process.env, SECONDS: '2' } });
  let said = '';
  soak.stdout.on('data', data => (said += data));
  soak.stderr.on('data', data => (said += data));
  const [code] = await once(soak, 'close');
  expect(code, said).toBe(0);
  expect(said).toMatch(/\d{3} requests, each has ended once/);
}, 60_000);
