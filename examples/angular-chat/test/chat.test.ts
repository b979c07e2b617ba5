import { describe, expect, it } from 'vitest';
import { answers, ask, type Options, open, stands, tab } from './harness';

/** An answer long enough to be interrupted. */
const slow = { simulator: { tokensPerSecond: 20, answer: () => 'word '.repeat(300) } };

describe('an answer', () => {
  it('appears while it is still being written, as Markdown', async () => {
    const { page, simulator } = await open({ simulator: { tokensPerSecond: 60 } });
    await ask(page, 'Explain a token bucket');
    await answers(page).locator('strong', { hasText: 'token bucket' }).waitFor();
    expect(simulator.stats().streams).toBe(1);
    await stands(page, 'Answered');
    expect(await answers(page).locator('ol li').count()).toBe(3);
    expect(await answers(page).locator('pre code').textContent()).toContain("per: '1m'");
    expect(await answers(page).count()).toBe(1);
  });

  it('cannot bring a script or a handler into the page', async () => {
    const evil =
      'Hello <img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script> [a](javascript:alert(1))';
    const { page } = await open({ simulator: { answer: () => evil } });
    await ask(page, 'Hello');
    await stands(page, 'Answered');
    expect(await page.title()).toBe('One line for all');
    expect(await answers(page).locator('script, img, [onerror]').count()).toBe(0);
    expect(await answers(page).locator('a').getAttribute('href')).toMatch(/^unsafe:/);
  });

  it('is asked for again, and the one before is forgotten', async () => {
    const { page, simulator } = await open();
    await ask(page, 'Write a haiku');
    await stands(page, 'Answered');
    await page.getByRole('button', { name: 'Ask again' }).click();
    await simulator.until(({ completed }) => completed === 2);
    await stands(page, 'Answered');
    expect(await answers(page).count()).toBe(1);
  });
});

describe('stop', () => {
  it('closes the socket all the way to the server, and keeps what has come', async () => {
    const { page, simulator } = await open(slow);
    await ask(page, 'Count');
    await answers(page).getByText('word word').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await simulator.until(({ aborted, open }) => aborted === 1 && open === 0);
    await stands(page, 'Stopped');
    expect(await answers(page).textContent()).toContain('word word');
  });

  it('of one that waits gives its place in line back', async () => {
    const { page, simulator } = await open({ ...slow, quota: { max_concurrent: 1 } });
    await ask(page, 'first');
    await simulator.until(({ streams }) => streams === 1);
    await page.getByRole('button', { name: 'New conversation' }).click();
    await ask(page, 'second');
    await stands(page, 'Next in line');
    await page.getByText('1 in line.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Nobody waits.').waitFor();
    expect(simulator.stats().requests).toBe(1);
  });
});

describe('one line', () => {
  it('two tabs share the quota, and see each other in it', async () => {
    const quota = { windows: [{ limit: 1, per: '4s' as const }] };
    const { page, context, chat, simulator } = await open({ quota });
    const other = await tab(context, chat);
    await ask(page, 'Write a haiku');
    await stands(page, 'Answered');
    await ask(other, 'Write a haiku');
    await stands(other, /Next in line, [1-4] s/);
    await page.getByText('1 in line.').waitFor();
    await stands(other, 'Answered');
    const [first, second] = simulator.requests();
    expect(second!.arrival - first!.arrival).toBeGreaterThan(3900);
  });

  it('lets the urgent go first, whoever came before', async () => {
    const asked: string[] = [];
    const answer: NonNullable<Options['simulator']>['answer'] = ({ messages }) => {
      asked.push(String(messages.at(-1)?.content));
      return asked.length === 1 ? 'word '.repeat(3000) : 'short';
    };
    const { page, simulator } = await open({
      quota: { max_concurrent: 1 },
      simulator: { tokensPerSecond: 20, answer },
    });
    await ask(page, 'hold');
    await simulator.until(({ streams }) => streams === 1);
    for (const level of ['Patient', 'Urgent']) {
      await page.getByRole('button', { name: 'New conversation' }).click();
      await page.getByLabel('Priority').selectOption({ label: level });
      await ask(page, `I am ${level}`);
      await stands(page, 'Next in line');
    }
    await page.getByRole('button', { name: /^I am Patient/ }).click();
    await stands(page, 'Number 2 in line');
    await page.getByRole('row', { name: 'Urgent 1 0' }).waitFor();
    await page.getByRole('row', { name: 'Patient 1 0' }).waitFor();
    await page.getByRole('button', { name: /^hold/ }).click();
    await page.getByRole('button', { name: 'Stop' }).click();
    await simulator.until(({ completed }) => completed === 2);
    expect(asked).toEqual(['hold', 'I am Urgent', 'I am Patient']);
  });
});

describe('trouble', () => {
  it('a storm of refusals shows a calm message, and asking again helps', async () => {
    const { page, simulator } = await open({ client: { retry: { maxRefusals: 2 } } });
    simulator.fault({ kind: 'status', status: 429, retryAfterMs: 200, times: 3 });
    await ask(page, 'Write a haiku');
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toContain('Your question is safe');
    await alert.getByRole('button', { name: 'Try again' }).click();
    await stands(page, 'Answered');
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('offline nothing is sent and nothing is lost; back, it goes by itself', async () => {
    const { page, context, simulator } = await open();
    await context.setOffline(true);
    await page.getByText(/^Offline\./).waitFor();
    await ask(page, 'Write a haiku');
    await stands(page, 'Offline: it will be sent when the network is back');
    expect(simulator.stats().requests).toBe(0);
    await context.setOffline(false);
    await stands(page, 'Answered');
    await page.getByText('Connected').waitFor();
  });

  it('an answer that breaks off keeps what has come, and says so', async () => {
    const { page, simulator } = await open();
    simulator.fault({ kind: 'reset-mid-stream', after: 10 });
    await ask(page, 'Explain a token bucket');
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toContain('broke off');
    expect(await answers(page).textContent()).toContain('token bucket');
  });
});
