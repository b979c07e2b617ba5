import { setTimeout as wait } from 'node:timers/promises';
import { atLeast, bounded, table } from '../table.js';
import { withFleet } from './fleet.js';

/** What is promised: admissions a second, and to bottleneck's; ms; round trips an admission; growth of commands (1, and what measuring adds). */
const bounds = { rate: 5000, toBottleneck: 3, median: 1, trips: 2, growth: 1.25 };

const ours = ['rx-groq', 'rx-groq, sliding'];
const others = ['bottleneck', 'rate-limiter-flexible', 'BullMQ'];
const counts = [1, 4, 16];
/** Processes, and how many wait in each: `few` is what the next two are compared with. */
const loads = { one: [1, 10], few: [4, 10], processes: [16, 10], waiting: [4, 10_000] };

const minute = 60_000;
const open = { limit: 1e9, per: minute };
const closed = { limit: 1, per: 1440 * minute };
const binding = { limit: 100, per: 250 };
/** Requests a second that keep nobody busy. */
const calmly = 500;

const whole = (/** @type {number} */ value) => Math.round(value).toLocaleString('en');
const times = (/** @type {number} */ value) => `× ${value.toPrecision(3)}`;
const each = (/** @type {number} */ value) => value.toFixed(2);
const bytes = (/** @type {number} */ value) => `${whole(value)} bytes`;
const processes = (/** @type {number} */ count) => `${count} ${count === 1 ? 'process' : 'processes'}`;

export async function* redis() {
  yield* await passing();
  yield await bound();
  yield await waiting();
}

/** Limits that don't bind: how many pass, how soon, and what it takes. */
async function passing() {
  /** @type {Record<string, Awaited<ReturnType<typeof pass>>[]>} */
  const passed = {};
  for (const name of [...ours, ...others]) {
    passed[name] = [];
    for (const count of counts) passed[name].push(await withFleet(name, count, open, fleet => pass(fleet, count)));
  }
  const rates = (/** @type {string} */ name) => (passed[name] ?? []).map(({ busy }) => busy.went / busy.seconds);
  const rows = (
    /** @type {(passed: Awaited<ReturnType<typeof pass>>, isOurs: boolean) => string | import('../table.js').Cell} */ cell,
  ) => Object.entries(passed).map(([name, cells]) => [name, ...cells.map(one => cell(one, ours.includes(name)))]);
  const head = ['', ...counts.map(processes)];
  return [
    table('Redis: admissions a second, 100 waiting in each process', head, [
      ...rows(({ busy }, isOurs) =>
        isOurs ? atLeast(busy.went / busy.seconds, bounds.rate, whole) : whole(busy.went / busy.seconds),
      ),
      ...ours.map(name => [
        `${name}, to bottleneck`,
        ...rates(name).map((rate, index) =>
          atLeast(rate / Number(rates('bottleneck')[index]), bounds.toBottleneck, times),
        ),
      ]),
    ]),
    table(`Redis: ms from coming to going, ${calmly} come a second: half of them (99 in 100)`, head, [
      ['`PING` meanwhile', ...(passed['rx-groq'] ?? []).map(({ pings }) => withTail(each(middle(pings)), pings))],
      ...rows(({ calm: { waits } }, isOurs) =>
        withTail(isOurs ? bounded(middle(waits), bounds.median, each) : each(middle(waits)), waits),
      ),
    ]),
    table(`Redis: round trips an admission, ${calmly} come a second`, head, [
      ...rows(({ calm }, isOurs) =>
        isOurs ? bounded(calm.trips / calm.went, bounds.trips, each) : each(calm.trips / calm.went),
      ),
    ]),
    table('Redis: round trips an admission, 100 waiting in each process', head, [
      ...rows(({ busy }) => each(busy.trips / busy.went)),
    ]),
  ];
}

/** @param {import('./fleet.js').Fleet} fleet @param {number} count */
async function pass(fleet, count) {
  for (let member = 0; member < count; member++) fleet.tell({ rate: calmly / count, seed: member + 1 }, member);
  await wait(1500); // V8 has seen it by then
  const calm = await fleet.measure(2000);
  const pings = [];
  for (let left = 200; left > 0; left--) {
    const from = performance.now();
    await fleet.redis.client.ping();
    pings.push(performance.now() - from);
    await wait(2);
  }
  fleet.tell({ keep: 100 });
  await wait(700);
  return { calm, pings: sorted(pings), busy: await fleet.measure(2000) };
}

/** Limits that bind: what an admission takes with more processes, and with more waiting. */
async function bound() {
  const rows = [];
  for (const name of [...ours, 'bottleneck', 'BullMQ']) {
    const isOurs = ours.includes(name);
    /** @type {Record<string, { trips: number, commands: number, used: number }>} */
    const costs = {};
    for (const [load, [count = 0, line = 0]] of Object.entries(loads)) {
      costs[load] = await withFleet(name, count, binding, async fleet => {
        fleet.tell({ keep: line });
        await wait(1000);
        const { went, seconds, trips, commands } = await fleet.measure(2000);
        return {
          trips: trips / went,
          commands: commands / went,
          used: (went * binding.per) / (seconds * 1000 * binding.limit),
        };
      });
    }
    const growth = (/** @type {string} */ load) => Number(costs[load]?.commands) / Number(costs.few?.commands);
    rows.push([
      name,
      ...Object.values(costs).map(({ trips, commands, used }) => {
        const cell = isOurs ? bounded(trips, bounds.trips, each) : each(trips);
        return withNote(cell, `${each(commands)}, ${Math.round(used * 100)} % used`);
      }),
      ...['processes', 'waiting'].map(load =>
        name === 'rx-groq' ? bounded(growth(load), bounds.growth, times) : times(growth(load)),
      ),
    ]);
  }
  return table(
    `Redis: round trips an admission (commands, those of scripts too), at ${(binding.limit * 1000) / binding.per} a second`,
    [
      '',
      ...Object.values(loads).map(([count = 0, line = 0]) => `${processes(count)}, ${whole(line)} in each`),
      'commands with 16 processes, to 4',
      'with 10,000 in each, to 10',
    ],
    rows,
  );
}

/** Nobody goes: what one more in line takes. */
async function waiting() {
  const rows = [];
  const size = 1000;
  for (const name of ['rx-groq', 'bottleneck', 'BullMQ']) {
    rows.push(
      await withFleet(name, 4, closed, async fleet => {
        fleet.tell({ fill: 100 });
        await fleet.quiet();
        const before = { heap: await fleet.heap(), bytes: (await fleet.redis.work()).bytes };
        fleet.tell({ fill: size });
        await fleet.quiet();
        const inRedis = ((await fleet.redis.work()).bytes - before.bytes) / (4 * size);
        const inProcess = ((await fleet.heap()) - before.heap) / (4 * size);
        const { commands, seconds } = await fleet.measure(3000);
        return [name, bytes(inRedis), bytes(inProcess), each(commands / seconds)];
      }),
    );
  }
  return table(
    'Redis: one more in line, where nobody may go',
    ['', 'in Redis', 'in its process', 'commands a second while 4,400 wait in 4 processes'],
    rows,
  );
}

/** @param {readonly number[]} values */
const sorted = values => [...values].sort((a, b) => a - b);

/** @param {readonly number[]} inOrder */
const middle = inOrder => Number(inOrder[inOrder.length >> 1]);

/** @param {string | import('../table.js').Cell} cell @param {readonly number[]} inOrder */
const withTail = (cell, inOrder) => withNote(cell, each(Number(inOrder[Math.floor(inOrder.length * 0.99)])));

/** @param {string | import('../table.js').Cell} cell @param {string} note */
function withNote(cell, note) {
  return typeof cell === 'string' ? `${cell} (${note})` : { ...cell, text: `${cell.text} (${note})` };
}
