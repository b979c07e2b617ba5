/**
 * `node child.js FILE SUBJECT SIZE`: a process that measures one subject at one size, once for each message it gets. FILE exports `subjects`.
 * @typedef {Record<string, number>} Measured `cpuMs` or `bytes`, and counts that must be the same for all subjects
 * @typedef {(size: number, ...args: string[]) => Subject | Promise<Subject>} MakeSubject
 * @typedef {() => Measured | Promise<Measured>} Subject
 */

const [file, name, size, ...args] = process.argv.slice(2);
const { subjects } = await import(/** @type {string} */ (file));
/** @type {Subject} */
const measure = await subjects[/** @type {string} */ (name)](Number(size), ...args);

process.on('message', async () => process.send?.(await measure()));
process.on('disconnect', () => process.exit());
process.send?.('ready');
