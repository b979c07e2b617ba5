import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type * as RxGroq from 'rx-groq';
import { firstValueFrom, of } from 'rxjs';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { textCounter } from '../../src/estimate/textCounter.js';
import { configFor, KEY, MODEL, simulate } from '../client/harness.js';
import { readme } from '../readme/blocks.js';
import { root } from '../readme/folders.js';

/*
 * The main entry as vite bundles it for a browser: how large it is, and whether it works with nothing but what browsers have.
 */

/** What an app imports, and what that may cost it: kB, gzipped, without RxJS and tokenizer. README says so. */
const apps = [
  { imports: '*', bound: 70 },
  { imports: '{ createChatClient, contentDeltas, toText }', bound: 65 },
  { imports: '{ rateWindow }', bound: 17 },
  { imports: '{ decodeEventStream, contentDeltas, toText }', bound: 3 },
] as const;

const folder = join(root, 'node_modules/.cache/rx-groq-browser');
const bundles: (readonly Rolldown.OutputChunk[])[] = [];
let inBrowser: typeof RxGroq;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  for (const [index, { imports }] of apps.entries()) bundles.push(await bundle(imports, String(index)));
  inBrowser = await import(join(folder, '0/main.js'));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('the main entry, bundled for a browser', () => {
  it('costs an app what it imports, and no more than it did', () => {
    const kB = bundles.map(chunks => gzipSync(entryOf(chunks).code).length / 1000);
    console.table(Object.fromEntries(apps.map(({ imports, bound }, index) => [imports, { kB: kB[index], bound }])));
    for (const [index, { bound }] of apps.entries()) {
      expect(kB[index], listed(entryOf(bundles[index]!))).toBeLessThan(bound);
      expect(kB[index]).toBeGreaterThan(bound / 2);
    }
    const told = apps.map(({ imports, bound }) => `| \`${imports}\` | ${bound} |`);
    expect(readme).toContain(told.join('\n'));
  });

  it('leaves the tokenizer to be loaded when something is counted', () => {
    const tokenizer = bundles[0]!.filter(({ moduleIds }) => moduleIds.some(id => id.includes('js-tiktoken')));
    expect(tokenizer.map(({ isEntry, isDynamicEntry }) => [isEntry, isDynamicEntry])).toEqual([
      [false, true],
      [false, true],
    ]);
    const main = entryOf(bundles[0]!);
    expect(main.imports.filter(name => !name.startsWith('rxjs') && !/rolldown|preload/.test(name))).toEqual([]);
  });

  it('asks by fetch, and streams', async () => {
    const simulator = await simulate();
    await using client = inBrowser.createChatClient(configFor(simulator), { dangerouslyAllowBrowser: true });
    const request = { model: MODEL, messages: [{ role: 'user', content: 'What is 7+7?' }], max_completion_tokens: 50 };
    expect(await firstValueFrom(client.stream(request).pipe(inBrowser.toText()))).toBe('14 (simulated)');
  });

  it('takes a path alone as one of the page’s own server', async () => {
    const { url } = await simulate();
    const config = { [MODEL]: { base_url: '/openai/v1', dialect: 'groq' as const } };
    const make = () => inBrowser.createChatClient(config, { interceptors: [withKey] });
    expect(make).toThrow('expected an http or https URL, got "/openai/v1"'); // there is no page
    onTestFinished(() => void vi.unstubAllGlobals());
    vi.stubGlobal('location', { origin: 'null' }); // as of a file
    expect(make).toThrow('expected an http or https URL');
    vi.stubGlobal('location', { origin: new URL(url).origin });
    await using client = make();
    const request = { model: MODEL, messages: [{ role: 'user', content: 'What is 7+7?' }], max_completion_tokens: 50 };
    expect(await firstValueFrom(client.stream(request).pipe(inBrowser.toText()))).toBe('14 (simulated)');
    const mistaken = { [MODEL]: { base_url: 'api.groq.com' } }; // no path: somebody forgot the protocol
    expect(() => inBrowser.createChatClient(mistaken)).toThrow('expected an http or https URL');
  });

  it('counts tokens', async () => {
    await using client = inBrowser.createChatClient({ [MODEL]: { base_url: 'http://gateway.invalid/v1' } });
    const request = { model: MODEL, messages: [{ role: 'user', content: 'hello' }] };
    expect(await firstValueFrom(client.countTokens(request))).toBe(72); // as recorded on Groq
    expect(await firstValueFrom(client.countTokens(request))).toBe(72);
  });

  it('counts a long text in turns with everybody else, and stops when nobody waits for it', async () => {
    await using client = inBrowser.createChatClient({ [MODEL]: { base_url: 'http://gateway.invalid/v1' } });
    const of = (content: string) => client.countTokens({ model: MODEL, messages: [{ role: 'user', content }] });
    const content = 'words of a text, '.repeat(60_000);
    await firstValueFrom(of('hello'));
    let turns = 0;
    const others = setInterval(() => turns++, 0);
    expect(await firstValueFrom(of(content))).toBe(71 + (await textCounter('o200k_base'))(content));
    clearInterval(others);
    expect(turns).toBeGreaterThan(3);
    of(content)
      .subscribe(() => expect.unreachable())
      .unsubscribe();
    await firstValueFrom(of('hello'));
  });
});

describe('in a browser a key is refused', () => {
  const gateway = { base_url: 'https://gateway.example.com/v1' };

  it.each([
    ['api_key', { api_key: KEY }],
    ['headers.Authorization', { headers: { Authorization: `Bearer ${KEY}` } }],
  ])('as %s', (path, secret) => {
    const config = { [MODEL]: { ...gateway, ...secret } };
    const make = (): unknown => inBrowser.createChatClient(config);
    expect(make).toThrow(inBrowser.ConfigError);
    expect(make).toThrow(`${MODEL}.${path}: a key in a page can be read by everybody who opens it`);
    expect(make).toThrow('dangerouslyAllowBrowser: true');
    expect(make).not.toThrow(KEY);
    expect(make).toThrow(expect.objectContaining({ name: 'ConfigError' })); // also minified
    expect(inBrowser.createChatClient(config, { dangerouslyAllowBrowser: true }).models()).toEqual([MODEL]);
  });

  it('also of an Observable, and when it is given later', async () => {
    const keyed = { [MODEL]: { ...gateway, api_key: KEY } };
    const request = { model: MODEL, messages: [{ role: 'user', content: 'hello' }] };
    const observed = inBrowser.createChatClient(of(keyed));
    await expect(firstValueFrom(observed.complete(request))).rejects.toMatchObject({ kind: 'config' });
    const reloaded = inBrowser.createChatClient({ [MODEL]: gateway });
    await expect(firstValueFrom(reloaded.reloadConfig(keyed))).rejects.toMatchObject({ kind: 'config' });
  });

  it('and without one everything is as it was; a path is none, as there are no files', () => {
    expect(inBrowser.createChatClient({ '*': gateway }).models()).toEqual([]);
    expect(() => inBrowser.createChatClient('config.json')).toThrow('there are no files in a browser');
  });
});

/** What the page's server would do. */
const withKey: RxGroq.Interceptor = next => request =>
  next({ ...request, headers: { ...request.headers, authorization: `Bearer ${KEY}` } });

/** As vite makes it of a page that imports this. */
async function bundle(imports: string, name: string): Promise<readonly Rolldown.OutputChunk[]> {
  const input = join(folder, `${name}.js`);
  writeFileSync(input, `export ${imports} from ${JSON.stringify(join(root, 'dist/index.js'))};`);
  const { output } = (await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      outDir: join(folder, name),
      copyPublicDir: false,
      minify: true,
      modulePreload: false,
      rolldownOptions: {
        input,
        external: /^rxjs/,
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: 'main.js' },
      },
    },
  })) as Rolldown.RolldownOutput;
  return output.filter(part => part.type === 'chunk');
}

function entryOf(chunks: readonly Rolldown.OutputChunk[]): Rolldown.OutputChunk {
  return chunks.find(({ isEntry }) => isEntry)!;
}

/** The chunk's modules by package or folder, bytes before gzip. */
function listed({ modules }: Rolldown.OutputChunk): string {
  const sizes = new Map<string, number>();
  for (const [id, { code }] of Object.entries(modules)) {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? /dist\/\w+/.exec(id)?.[0] ?? id;
    sizes.set(name, (sizes.get(name) ?? 0) + (code?.length ?? 0));
  }
  const rows = [...sizes].sort(([, a], [, b]) => b - a).map(([name, size]) => `${name} ${(size / 1000).toFixed(1)} kB`);
  return `\n${rows.join('\n')}\n`;
}
