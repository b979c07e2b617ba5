import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createChatClient } from 'rx-groq';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { anchorsOf, blocksIn, blocksOf, readme } from './blocks.js';
import { emptyFolder, root } from './folders.js';
import { expectedLines } from './printed.js';
import { programs } from './programs.js';
import { tryCommand } from './shell.js';

describe('README.md', () => {
  it('has no block that is not tried: here, or its programs by test/packaging/installed.test.ts', () => {
    const tried = ['ts', 'sh', 'jsonc', 'text'];
    expect(blocksOf(readme).filter(block => !tried.includes(block.language))).toEqual([]);
    expect(programs.length).toBeGreaterThan(15);
  });

  it.each(programs)('says what its program prints: $heading, line $line', ({ code }) => {
    expect(expectedLines(code)).not.toEqual([]);
  });

  it('links to what is there', () => {
    const anchors = anchorsOf(readme);
    const links = [...readme.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, link]) => link!);
    expect(links.length).toBeGreaterThan(10);
    const dead = links.filter(link =>
      link.startsWith('#') ? !anchors.has(link.slice(1)) : !existsSync(join(root, link.split('#')[0]!)),
    );
    expect(dead).toEqual([]);
  });

  it.each(blocksIn('sh'))('can be typed as it says: $code', async ({ code }) => {
    for (const line of code.split('\n')) await tryCommand(line);
  });

  it.each(blocksIn('jsonc'))('shows a config that is one, at line $line', ({ code }) => {
    const folder = emptyFolder();
    onTestFinished(folder.remove);
    vi.stubEnv('GROQ_API_KEY', 'gsk_readme').stubEnv('MY_KEY', 'my_readme');
    onTestFinished(() => void vi.unstubAllEnvs());
    const file = join(folder.path, 'config.json');
    writeFileSync(file, code);
    const client = createChatClient(file);
    onTestFinished(() => void client.close());
    expect(client.models().length).toBeGreaterThan(0);
  });
});
