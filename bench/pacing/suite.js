import { measure, median, ratio } from '../measure.js';
import { bounded, compared, table } from '../table.js';

/** What is promised: µs an item, bytes, and how much dearer a million in line may be than a thousand (1, and what measuring adds). */
const bounds = { admitted: 0.5, waiting: 64, waitingRequest: 1200, growth: 1.25 };

const sizes = [1e3, 1e4, 1e5, 1e6];
const file = (/** @type {string} */ name) => new URL(name, import.meta.url);
const micros = (/** @type {number} */ value) => `${value.toPrecision(3)} µs`;
const bytes = (/** @type {number} */ value) => `${Math.round(value)} bytes`;
const times = (/** @type {number} */ value) => `× ${value.toPrecision(3)}`;

/** @typedef {import('../child.js').Measured} Measured */
const microsEach = (/** @type {readonly Measured[]} */ rounds) =>
  rounds.map(({ cpuMs, items }) => (Number(cpuMs) * 1000) / Number(items));

export async function* pacing() {
  yield await admitted();
  yield await waiting();
  yield await inLine();
  yield await cancelling();
}

async function admitted() {
  const results = await measure({
    file: file('admitted.js'),
    contenders: [
      { name: 'bare Subject', size: 200_000 },
      { name: 'rx-groq', size: 200_000 },
      { name: 'p-queue', size: 20_000 },
      { name: 'bottleneck', size: 1_000 },
    ],
    warmups: 3,
    rounds: 11,
    alike: ['tokensEach'],
  });
  const [subject = [], ours = [], ...others] = results.map(microsEach);
  return table(
    'Pacing: CPU of an item that passes two windows',
    ['bare Subject', 'rx-groq', 'p-queue (one window)', 'bottleneck'],
    [
      [
        micros(median(subject)),
        bounded(median(ours), bounds.admitted, micros),
        ...others.map(other => `${micros(median(other))} (${times(ratio(other, ours))})`),
      ],
    ],
  );
}

async function inLine() {
  const line = (/** @type {string} */ name, /** @type {readonly number[]} */ of, rounds = 7) =>
    measure({
      file: file('inLine.js'),
      contenders: of.map(size => ({ name, size })),
      warmups: rounds > 1 ? 1 : 0,
      rounds,
    }).then(results => results.map(microsEach));
  const steady = await line('one goes, one comes', sizes);
  const whole = await line('rx-groq', sizes, 5);
  const queue = await line('p-queue', sizes.slice(0, 3), 1);
  const neck = await line('bottleneck', sizes.slice(0, 1), 1);
  const growth = (/** @type {number[][]} */ results) => ratio(results[3] ?? [], results[0] ?? []);
  const row = (
    /** @type {string} */ name,
    /** @type {number[][]} */ results,
    /** @type {string | import('../table.js').Cell} */ last = '–',
  ) => [name, ...sizes.map((_, index) => compared(results[index] && median(results[index]), micros)), last];
  return table(
    'Pacing: CPU of an item with so many in line',
    ['', ...sizes.map(size => size.toLocaleString('en')), 'a million, to a thousand'],
    [
      row('rx-groq: one goes, one comes', steady, bounded(growth(steady), bounds.growth, times)),
      row('rx-groq: all come, wait and go', whole, times(growth(whole))),
      row('p-queue: all come, wait and go', queue),
      row('bottleneck: all come, wait and go', neck),
    ],
  );
}

async function waiting() {
  const results = await measure({
    file: file('waiting.js'),
    contenders: [
      { name: 'rx-groq rateWindow', size: 1_000_000 },
      { name: 'rx-groq client', size: 50_000 },
      { name: 'p-queue', size: 50_000 },
      { name: 'bottleneck', size: 5_000 },
    ],
    rounds: 3,
    fresh: true,
  });
  const [item = 0, request = 0, ...others] = results.map(rounds => median(rounds.map(each => Number(each.bytes))));
  return table(
    'Pacing: memory of one more in line',
    ['an item in rateWindow', 'a request in the client', 'p-queue', 'bottleneck'],
    [[bounded(item, bounds.waiting, bytes), bounded(request, bounds.waitingRequest, bytes), ...others.map(bytes)]],
  );
}

async function cancelling() {
  const of = sizes.slice(0, 3);
  const rows = [];
  for (const name of ['rateWindow', 'client']) {
    const results = await measure({
      file: file('cancelling.js'),
      contenders: of.map(size => ({ name, size })),
      warmups: 3,
      rounds: 9,
    });
    const each = results.map(microsEach);
    const growth = ratio(each[2] ?? [], each[0] ?? []);
    rows.push([`rx-groq ${name}`, ...each.map(rounds => micros(median(rounds))), times(growth)]);
  }
  return table(
    'Pacing: CPU of stepping out of a line of so many',
    ['', ...of.map(size => size.toLocaleString('en')), 'a hundred thousand, to a thousand'],
    rows,
  );
}
