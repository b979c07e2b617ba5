import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { startSimulator } from 'rx-groq/simulator';
import ts from 'typescript';
import { type Block, blocksIn } from './blocks.js';
import { type Outcome, runNode } from './runNode.js';

/** One of the README's programs; the name is that of files. */
export type Program = Block & { readonly name: string };

export const programs: readonly Program[] = blocksIn('ts').map(block => ({ ...block, name: `line-${block.line}` }));

/** How TypeScript finds modules. */
export type Resolution = 'nodenext' | 'bundler';

/** Whether a program, or an entry of the package, wants more than rxjs beside it: Angular, or an SDK. */
export function needsMore(text: string): boolean {
  return needsAngular(text) || /from '(openai|groq-sdk)'/.test(text);
}

function needsAngular(text: string): boolean {
  return /@angular\/|rx-groq\/angular/.test(text);
}

/** Lays programs down in a folder in which what they import is installed. */
export function layDown(folder: string, programs: readonly Program[]): void {
  writeFileSync(join(folder, angularTest), setUpAngular);
  for (const { name, code } of programs) {
    writeFileSync(join(folder, `${name}.ts`), code);
    // Each runs in a folder of its own, as one may write files.
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'config.json'), JSON.stringify(config));
    writeFileSync(join(folder, name, 'program.mjs'), transpile(code));
  }
}

/** Lays one down as `program.mjs` in a folder inside of that in which what it imports is installed. @returns what Node is to be told */
export function prepared(folder: string, place: string, { code }: Program): readonly string[] {
  writeFileSync(join(folder, angularTest), setUpAngular);
  writeFileSync(join(place, 'program.mjs'), transpile(code));
  return [...preparation(code), 'program.mjs'];
}

function preparation(code: string): readonly string[] {
  return needsAngular(code) ? ['--import', `../${angularTest}`] : [];
}

/** What a program finds as ./config.json: a simulator in place of Groq, the limits of the free plan. */
const model = {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the config file's own syntax
  ...{ base_url: '${GROQ_BASE_URL}', api_key: '${GROQ_API_KEY}', dialect: 'groq' },
  ...{ req_per_minute: 30, req_per_day: 1000, token_per_minute: 8000, token_per_day: 200_000 },
};
const config = { 'openai/gpt-oss-20b': model, 'openai/gpt-oss-120b': model };

function transpile(code: string): string {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    experimentalDecorators: true,
  };
  return ts.transpileModule(code, { compilerOptions }).outputText;
}

/** What the Angular CLI does before a unit test: the compiler, a DOM, and an environment for TestBed. */
const angularTest = 'angular-test.mjs';
const setUpAngular = `
  import '@angular/compiler';
  import { Window } from 'happy-dom';
  const window = new Window();
  const { document, Node, Element, Event } = window;
  Object.assign(globalThis, { window, document, Node, Element, Event });
  const { TestBed } = await import('@angular/core/testing');
  const { BrowserTestingModule, platformBrowserTesting } = await import('@angular/platform-browser/testing');
  TestBed.initTestEnvironment(BrowserTestingModule, platformBrowserTesting());
`;

/** Runs one against a simulator of its own, so that none waits for the quota of another. */
export async function runProgram(folder: string, { name, code }: Program): Promise<Outcome> {
  const simulator = await startSimulator({ delayBefore: [2, 2], delayAfter: [2, 2], tokensPerSecond: Infinity });
  const env = { GROQ_BASE_URL: simulator.url, GROQ_API_KEY: 'gsk_readme' };
  try {
    return await runNode([...preparation(code), 'program.mjs'], join(folder, name), env);
  } finally {
    await simulator.close();
  }
}

/** tsc's opinion of every program in the folder, under its strictest settings. */
export function typecheck(folder: string, resolution: Resolution): Promise<Outcome> {
  const file = `tsconfig.${resolution}.json`;
  writeFileSync(join(folder, file), JSON.stringify({ compilerOptions: strictest(resolution), include: ['*.ts'] }));
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  return runNode([tsc, '--project', file], folder);
}

const strictest = (resolution: Resolution): object => ({
  noEmit: true,
  target: 'es2022',
  lib: ['es2022'], // neither a browser's types nor disposables: a server has no reason to ask for them
  types: ['node'],
  module: resolution === 'nodenext' ? 'nodenext' : 'esnext',
  moduleResolution: resolution,
  moduleDetection: 'force',
  experimentalDecorators: true, // Angular's
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  verbatimModuleSyntax: true,
  skipLibCheck: true, // what zod's types take to check is a third of the time of all these tests
});
