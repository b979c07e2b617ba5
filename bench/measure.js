/** Runs subjects in processes of their own, in turns, so that what else the machine does meets all of them alike. */

import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const child = fileURLToPath(new URL('child.js', import.meta.url));

/**
 * All on one processor, where that can be had (Linux): two of them are often one core, and then each slows the other down by half as it
 * pleases, so that the same work takes 35 ms of CPU in one process and 60 ms in the next.
 */
const pinned = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/**
 * A process of its own.
 * @param {string} module
 * @param {string[]} args
 * @param {string[]} [flags] of Node
 */
export function spawnNode(module, args, flags = []) {
  return pinned
    ? fork(module, args, { execPath: 'taskset', execArgv: ['-c', '0', process.execPath, ...flags] })
    : fork(module, args, { execArgv: flags });
}

/**
 * CPU time of the whole process, all its threads, in ms.
 * @param {() => unknown} work
 */
export async function cpuOf(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/**
 * @typedef {object} Contender
 * @property {string} name of the subject in `file`
 * @property {number} size
 * @property {string[]} [args]
 *
 * @typedef {object} Plan
 * @property {URL} file exports `subjects`
 * @property {readonly Contender[]} contenders
 * @property {number} [warmups] turns that don't count
 * @property {number} rounds
 * @property {boolean} [fresh] a new process for each turn
 * @property {readonly string[]} [alike] counts that must be the same for all
 *
 * Answers what each contender has measured, round by round.
 * @param {Plan} plan
 * @returns {Promise<import('./child.js').Measured[][]>}
 */
export async function measure({ file, contenders, warmups = 0, rounds, fresh = false, alike = [] }) {
  const results = contenders.map(() => /** @type {import('./child.js').Measured[]} */ ([]));
  const processes = contenders.map(contender => (fresh ? undefined : start(file, contender)));
  try {
    for (let round = -warmups; round < rounds; round++) {
      for (const [index, contender] of contenders.entries()) {
        const running = await (processes[index] ?? start(file, contender));
        const measured = await running.turn();
        if (fresh) running.end();
        const odd = alike.find(count => measured[count] !== (results[0]?.[0] ?? measured)[count]);
        if (odd) throw new Error(`${contender.name}: ${measured[odd]} ${odd}, not ${results[0]?.[0]?.[odd]}`);
        if (round >= 0) results[index]?.push(measured);
      }
    }
  } finally {
    for (const running of processes) (await running)?.end();
  }
  return results;
}

/**
 * @param {URL} file
 * @param {Contender} contender
 */
async function start(file, { name, size, args = [] }) {
  const flags = ['--expose-gc', '--max-old-space-size=3072'];
  const running = spawnNode(child, [file.href, name, String(size), ...args], flags);
  /** @type {Promise<never>} */
  const ended = new Promise((_, reject) => {
    running.once('exit', code => reject(new Error(`${name} at ${size} ended with ${code}`)));
  });
  ended.catch(() => {}); // also when nobody waits for a message
  const message = async () => {
    const [said] = await Promise.race([once(running, 'message'), ended]);
    return said;
  };
  await message();
  return {
    /** @returns {Promise<import('./child.js').Measured>} */
    turn() {
      running.send('turn');
      return message();
    },
    end: () => running.connected && running.disconnect(),
  };
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}

/**
 * The median of the ratios round by round: what slowed both in one round falls out.
 * @param {readonly number[]} values
 * @param {readonly number[]} floor
 */
export function ratio(values, floor) {
  return median(values.map((value, round) => value / at(floor, round)));
}

/**
 * @param {readonly number[]} values
 * @param {number} index
 */
function at(values, index) {
  return /** @type {number} */ (values[index]);
}
