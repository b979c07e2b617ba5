import { seeded } from '../inputs.js';
import { sentences } from './sentences.js';

/**
 * The corpus: texts of one kind (a language, code, JSON, emoji, numbers) put together from sentences, the same at every run.
 *
 * @typedef {{ kind: string, texts: string[] }} Kind
 */

const textsOfKind = 60;

/** @returns {Kind[]} */
export function corpus() {
  return [
    ...Object.entries(sentences).map(([kind, pool]) => ({
      kind,
      texts: texts(kind, (random, length) => prose(pool, random, length)),
    })),
    { kind: 'code', texts: texts('code', code) },
    { kind: 'JSON', texts: texts('JSON', json) },
    { kind: 'emoji', texts: texts('emoji', emoji) },
    { kind: 'numbers', texts: texts('numbers', numbers) },
  ];
}

/** @typedef {() => number} Random @param {string} kind @param {(random: Random, length: number) => string} make */
function texts(kind, make) {
  const random = seeded([...kind].reduce((sum, sign) => sum * 31 + sign.charCodeAt(0), 7) | 0);
  return Array.from({ length: textsOfKind }, () => make(random, 4 + Math.floor(random() * 36)));
}

/** @template T @param {readonly T[]} from @param {Random} random @returns {T} */
function pick(from, random) {
  return /** @type {T} */ (from[Math.floor(random() * from.length)]);
}

/** @param {readonly string[]} pool @param {Random} random @param {number} length */
function prose(pool, random, length) {
  const gap = pool.some(sentence => sentence.endsWith('。')) ? '' : ' ';
  return Array.from({ length }, (_, index) => {
    const sentence = pick(pool, random).replace('#', String(1 + Math.floor(random() * 400)));
    return sentence + (index % 7 === 6 ? '\n\n' : gap);
  }).join('');
}

const names = [
  'request',
  'windowLimit',
  'admit',
  'user_id',
  'response',
  'tokenCount',
  'index',
  'retryAfterMs',
  'queue',
];

/** @param {Random} random @param {number} length */
function code(random, length) {
  const name = () => pick(names, random);
  const number = () => Math.floor(random() * 1000);
  const lines = [
    () => `  const ${name()} = ${name()}.map(${name()} => ${name()}.${name()} * ${number()});`,
    () => `  if (${name()} === undefined || ${name()}.length > ${number()}) return ${name()};`,
    () => `// Counts the ${name()} before the ${name()} is sent.`,
    () => `export function ${name()}(${name()}: number, ${name()}: string[]): Map<string, number> {`,
    () => `def ${name()}(self, ${name()}=None):\n    return self.${name()}[${number()}] or {"${name()}": ${name()}}`,
    () => `    for (int i = 0; i < ${number()}; ++i) { ${name()}[i] += ${name()}(i); }`,
    () => `SELECT ${name()}, count(*) FROM ${name()} WHERE ${name()} > ${number()} GROUP BY 1;`,
    () => '}\n',
  ];
  return Array.from({ length: length * 2 }, () => pick(lines, random)()).join('\n');
}

/** @param {Random} random @param {number} length */
function json(random, length) {
  const rows = Array.from({ length }, () => ({
    id: Math.floor(random() * 1e6),
    name: `${pick(names, random)} ${pick(names, random)}`,
    active: random() < 0.5,
    score: Number(random().toFixed(3)),
    tags: [pick(names, random), pick(names, random)],
    at: `2026-11-${String(1 + Math.floor(random() * 28)).padStart(2, '0')}T08:30:00Z`,
  }));
  return JSON.stringify(rows, null, random() < 0.5 ? 2 : 0);
}

const pictures = ['😀', '🎉', '👍🏽', '👩‍💻', '❤️', '🚀', '🇩🇪', '🤔', '✅', '🔥', '👨‍👩‍👧', '🥳', '☕', '🙏'];

/** @param {Random} random @param {number} length */
function emoji(random, length) {
  const talk = ['great', 'see you', 'thanks', 'on my way', 'not yet', 'ship it', 'lunch at noon?'];
  return Array.from({ length }, () => `${pick(talk, random)} ${pick(pictures, random)}${pick(pictures, random)}`).join(
    ' ',
  );
}

/** @param {Random} random @param {number} length */
function numbers(random, length) {
  const row = () =>
    Array.from({ length: 6 }, () => (random() * 10 ** Math.floor(random() * 7)).toFixed(Math.floor(random() * 4)));
  return Array.from({ length }, () => row().join('\t')).join('\n');
}
