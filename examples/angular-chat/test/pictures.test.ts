import { mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ask, open, stands } from './harness';

/** Where the pictures of `docs/` are made anew: `PICTURES=1 npm run test:browser`. Otherwise they are taken and thrown away. */
const folder = fileURLToPath(
  new URL(process.env.PICTURES ? '../../../docs/angular-chat' : '../dist/pictures', import.meta.url),
);
mkdirSync(folder, { recursive: true });

it.each([
  ['light', 1240, 800],
  ['dark', 1240, 800],
  ['phone', 390, 844],
] as const)('a picture of the page: %s', async (name, width, height) => {
  const { page } = await open(
    { quota: { windows: [{ limit: 6, per: '1m' }] } },
    { colorScheme: name === 'dark' ? 'dark' : 'light', viewport: { width, height } },
  );
  await ask(page, 'Explain a token bucket in three sentences');
  await stands(page, 'Answered');
  await ask(page, 'Compare sliding windows and buckets in a table');
  await stands(page, 'Answered');
  if (name !== 'phone') {
    await page.getByRole('button', { name: 'Let 12 patient questions come' }).click();
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.getByLabel('Priority').selectOption({ label: 'Urgent' });
    await ask(page, 'Write a haiku about waiting');
    await page.getByRole('button', { name: /^Explain a token bucket/ }).click();
    await page.getByText('Next in line').first().waitFor();
    await page.getByRole('row', { name: 'Urgent 1 0' }).waitFor();
    await page.mouse.move(0, 0);
  }
  const path = `${folder}/${name}.png`;
  await page.screenshot({ path });
  expect(statSync(path).size).toBeLessThan(150_000);
});
