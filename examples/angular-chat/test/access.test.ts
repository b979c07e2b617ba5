import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { answers, ask, open, stands } from './harness';

/** What has the focus, as a screen reader would name it. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLInputElement;
    const name = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent ?? '';
    return name.trim().slice(0, 40);
  });

describe('by keyboard alone', () => {
  it('one asks, chooses a priority, opens and closes a conversation', async () => {
    const { page } = await open();
    expect(await focused(page)).toBe('Your question');
    await page.keyboard.type('Write a haiku');
    await page.keyboard.press('Enter');
    await stands(page, 'Answered');
    const seen: string[] = [];
    await page.keyboard.press('Tab');
    for (let step = 0; step < 14; step++) {
      seen.push(await focused(page));
      await page.keyboard.press('Tab');
    }
    for (const name of [
      'To the question',
      /^Write a haiku/,
      'Close Write a haiku',
      'New conversation',
      /^Priority/,
      'Conversation',
      'Ask again',
      /^The line/,
      /^Let 12/,
    ]) {
      expect(seen).toContainEqual(typeof name === 'string' ? name : expect.stringMatching(name));
    }
  });
});

describe('for a screen reader', () => {
  it('everything that can be used has a name, and every page part a role', async () => {
    const { page } = await open();
    await ask(page, 'Compare in a table');
    await stands(page, 'Answered');
    const nameless = await page.evaluate(() => {
      const used = [
        ...document.querySelectorAll<HTMLElement>(
          'button, a[href], select, textarea, [role=meter], [role=log], nav, aside',
        ),
      ];
      const nameOf = (element: HTMLElement): string =>
        element.getAttribute('aria-label') ??
        (element as HTMLInputElement).labels?.[0]?.textContent ??
        element.textContent;
      return used.filter(element => nameOf(element).trim() === '').map(element => element.outerHTML);
    });
    expect(nameless).toEqual([]);
    const roles = await Promise.all(
      (['banner', 'navigation', 'main', 'complementary', 'log'] as const).map(role => page.getByRole(role).count()),
    );
    expect(roles.every(count => count >= 1)).toBe(true);
    expect(await page.locator('h1').count()).toBe(1);
    expect(await page.evaluate(() => new Set([...document.querySelectorAll('[id]')].map(({ id }) => id)).size)).toBe(
      await page.locator('[id]').count(),
    );
  });

  it('hears how an answer stands, and the answer once it is whole', async () => {
    const { page } = await open({ simulator: { tokensPerSecond: 60 } });
    await ask(page, 'Explain a token bucket');
    await answers(page).waitFor();
    expect(await page.getByRole('log').getAttribute('aria-busy')).toBe('true');
    expect(await page.locator('.state').getAttribute('role')).toBe('status');
    await stands(page, 'Answered');
    expect(await page.getByRole('log').getAttribute('aria-busy')).toBe('false');
  });
});

describe.each([
  ['light', 1360],
  ['dark', 1360],
  ['light', 390],
] as const)('in %s at %i pixels', (colorScheme, width) => {
  it('nothing is cut off at the side, and every text can be read', async () => {
    const { page } = await open({}, { colorScheme, viewport: { width, height: 844 } });
    await ask(page, 'Explain a token bucket');
    await stands(page, 'Answered');
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect(await page.evaluate(lowContrasts)).toEqual([]);
  });
});

/** Runs in the page: the texts whose contrast to what is behind them is less than WCAG's 4.5. */
function lowContrasts(): string[] {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  const rgba = (color: string): number[] => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const behind = (element: Element | null): number[] => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3]! > 250) return color;
    }
    return [255, 255, 255];
  };
  const luminance = (color: readonly number[]): number => {
    const [red, green, blue] = color.map(value =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  };
  const texts = [...document.querySelectorAll<HTMLElement>('body *')].filter(
    element =>
      !element.classList.contains('hidden') &&
      element.checkVisibility() &&
      !(element as HTMLButtonElement).disabled &&
      [...element.childNodes].some(node => node.nodeType === 3 && node.textContent!.trim() !== ''),
  );
  return texts.flatMap(element => {
    const [light, dark] = [luminance(rgba(getComputedStyle(element).color)), luminance(behind(element))].sort(
      (a, b) => b - a,
    );
    const contrast = (light! + 0.05) / (dark! + 0.05);
    return contrast < 4.5 ? [`${element.textContent.slice(0, 30)}: ${contrast.toFixed(2)}`] : [];
  });
}
