import { type Row, row } from '../load/row.js';
import { minutes, minutesOf, type Quota, serverOf, startWorker } from './run.js';

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
/** Minutes of a run; the first two are those in which they find out about each other. */
const length = 17;
const settled = 2;

/** Several processes with one key and no shared quota, in front of one server. */
export async function oneKey(quota: Quota, processes: number, apart: number): Promise<Row[]> {
  await using server = await serverOf(quota);
  const workers: ReturnType<typeof startWorker>[] = [];
  let since = 0;
  for (let process = 0; process < processes; process++) {
    if (process > 0) await minutes(apart);
    since = server.now();
    workers.push(startWorker(server, quota));
  }
  await minutes(length);
  const { refused, used } = minutesOf(server, quota.unit, since);
  await Promise.all(workers.map(worker => worker.end()));
  const counted = refused.slice(settled, length);
  const each = sum(counted) / processes / ((length - settled) / 10);
  const share = sum(used.slice(settled, length)) / ((length - settled) * quota.limit);
  const name = `${processes} processes, ${quota.limit} ${quota.unit} a minute${apart ? `, ${apart} minutes apart` : ''}`;
  return [
    row(`${name}: refused in each minute`, refused.slice(0, length).join(' '), '', true),
    row('  each process in ten minutes, from the third on', each.toFixed(2), 'at most 1', each <= 1),
    // Where only refusals teach, a part comes back by steps of ten minutes.
    quota.unit === 'tokens'
      ? row('  used', `${(100 * share).toFixed(1)} %`, 'at least 95 %', share >= 0.95)
      : row('  used', `${(100 * share).toFixed(1)} %`, '', true),
  ];
}
