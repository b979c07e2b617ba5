import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { start } from '../server/start.mjs';

export type Options = NonNullable<Parameters<typeof start>[0]>;
type Chat = Awaited<ReturnType<typeof start>>;

let browser: Browser;
beforeAll(async () => {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
});
afterAll(() => browser.close());

/** What Chromium itself notes of a response that is no 2xx, or of a network that is gone; not the page's words. */
const OF_THE_NETWORK = /^Failed to load resource/;

/** The page in front of its own gateway and simulator; closed when the test ends, which fails if the page has complained. */
export async function open(options: Options = {}, look: Parameters<Browser['newContext']>[0] = {}) {
  const chat = await start(options);
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, ...look });
  const complaints: string[] = [];
  context.on('console', message => {
    if (['error', 'warning'].includes(message.type()) && !OF_THE_NETWORK.test(message.text())) {
      complaints.push(message.text());
    }
  });
  context.on('weberror', error => complaints.push(String(error.error())));
  onTestFinished(async () => {
    await context.close();
    await chat.close();
    expect(complaints).toEqual([]);
  });
  const page = await tab(context, chat);
  return { page, context, chat, simulator: chat.simulator! };
}

/** One more tab of the same browser, once the gateway has spoken to it. */
export async function tab(context: BrowserContext, { url }: Chat): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByText('Connected').waitFor();
  return page;
}

export async function ask(page: Page, question: string): Promise<void> {
  await page.getByLabel('Your question').fill(question);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

/** How the shown conversation stands, in the page's words. */
export const state = (page: Page): Locator => page.locator('.state');
export const answers = (page: Page): Locator => page.locator('article.assistant');
export const stands = (page: Page, words: string | RegExp): Promise<void> =>
  state(page).filter({ hasText: words }).waitFor();
