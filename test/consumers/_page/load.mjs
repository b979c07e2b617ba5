/**
 * Loads out/main.js as a page does: modules by their relative addresses, and no global but those of the web. Run it with
 * --experimental-vm-modules. Prints how large the parts are.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createContext, SourceTextModule } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { startGateway } from 'rx-groq/gateway';
import { startSimulator } from 'rx-groq/simulator';

const web = [
  'AbortController',
  'AbortSignal',
  'DOMException',
  'Event',
  'EventTarget',
  'Headers',
  'ReadableStream',
  'Request',
  'Response',
]
  .concat([
    'TextDecoder',
    'TextEncoder',
    'TransformStream',
    'URL',
    'URLSearchParams',
    'atob',
    'btoa',
    'console',
    'crypto',
    'fetch',
  ])
  .concat([
    'performance',
    'queueMicrotask',
    'structuredClone',
    'setTimeout',
    'clearTimeout',
    'setInterval',
    'clearInterval',
    'Uint8Array',
  ]);
const simulator = await startSimulator({ delayBefore: [0, 0], delayAfter: [0, 0] });
const gateway = await startGateway({ config: { '*': { base_url: simulator.url, api_key: 'any' } } });
const shown = [];
const page = {
  ...Object.fromEntries(web.map(name => [name, globalThis[name]])),
  gateway: gateway.url,
  window: {},
  document: {},
};
const done = new Promise(resolve => {
  page.show = text => shown.push(text) === 3 && resolve();
});
page.self = page;
const context = createContext(page);
context.globalThis = context;

const modules = new Map();
function load(specifier, from) {
  const address = new URL(specifier, from.identifier ?? from);
  assert.match(specifier, /^\.{1,2}\//, `${specifier} is nothing that a page can load`);
  if (!modules.has(address.href)) {
    modules.set(
      address.href,
      new SourceTextModule(readFileSync(address, 'utf8'), {
        context,
        identifier: address.href,
        initializeImportMeta: meta => {
          meta.url = address.href;
        },
        importModuleDynamically: async (name, importer) => ready(load(name, importer)),
      }),
    );
  }
  return modules.get(address.href);
}
async function ready(module) {
  if (module.status === 'unlinked') await module.link((name, importer) => load(name, importer));
  await module.evaluate();
  return module;
}

await ready(load('./out/main.js', import.meta.url));
await done;
await gateway.close();
await simulator.close();
assert.deepEqual(shown.sort(), ['14 (simulated)', '78 tokens', 'Hi!']);
const files = readdirSync('out', { recursive: true }).filter(name => /\.m?js$/.test(name));
const codes = files.map(name => [name, readFileSync(`out/${name}`)]);
for (const [name, code] of codes) assert.doesNotMatch(String(code), /["']node:|\brequire\(["']/, name);
const row = ([name, code]) => `${name} ${(gzipSync(code).length / 1000).toFixed(1)} kB`;
console.log(codes.map(row).join(', '));
process.exit(0); // the page stays open
