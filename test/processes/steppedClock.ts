import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Row, row } from '../load/row.js';
import { minute, minutes, type Quota, serverOf, startWorker } from './run.js';

const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
const steps = ['+0', '+1h', '-1h', '+1d', '-1d', '+0'];

/** A process whose wall clock is stepped by libfaketime while it runs, with a usage store, as that is what writes instants down. */
export async function steppedClock(quota: Quota): Promise<Row[]> {
  if (!existsSync(library)) throw new Error('libfaketime is missing. Install it: apt-get install -y faketime');
  const folder = mkdtempSync(join(tmpdir(), 'rx-groq-clock-'));
  const clock = join(folder, 'clock');
  writeFileSync(clock, steps[0]!);
  await using server = await serverOf(quota);
  const worker = startWorker(server, quota, join(folder, 'usage.json'), {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  });
  for (const step of steps) {
    writeFileSync(clock, step);
    await minutes(2);
  }
  writeFileSync(clock, '-1d');
  await minutes(1);
  const ended = server.now();
  const { refused, date } = await worker.end();
  const sent = server.requests().filter(({ arrival, outcome }) => arrival <= ended && outcome !== 'refused');
  const began = sent[0]!.arrival;
  const total = sent.reduce(
    (sum, { requested }) => sum + (quota.unit === 'requests' ? 1 : requested.input + requested.output),
    0,
  );
  const share = total / (quota.limit * (1 + (ended - began) / minute));
  const pauses = sent.slice(1).map(({ arrival }, index) => arrival - sent[index]!.arrival);
  // The longest that the largest request may have to wait for the bucket, and as much again.
  const longest = quota.unit === 'requests' ? (2 * minute) / quota.limit : (2 * 500 * minute) / quota.limit;
  const behind = Math.round((Date.now() - Date.parse(date)) / 3_600_000);
  return [
    row('the process saw its clock a day back, hours', behind, '24', behind === 24),
    row(`wall clock ${steps.join(', ')}: refused`, refused, '0', refused === 0),
    row('  used', `${(100 * share).toFixed(1)} %`, 'at least 97 %', share >= 0.97 && share <= 1.0001),
    row(
      '  longest pause between two',
      `${Math.max(...pauses).toFixed(0)} ms`,
      `${longest.toFixed(0)} ms`,
      Math.max(...pauses) <= longest,
    ),
  ];
}
