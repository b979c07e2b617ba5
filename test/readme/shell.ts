import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { emptyFolder, root } from './folders.js';
import { manifest } from './manifest.js';

/** Does what a line of a shell block says, as far as a test may. @throws where it would not work, or nobody knows how to try it */
export async function tryCommand(line: string): Promise<void> {
  for (const command of line.split(' && ')) {
    const [program, ...args] = command.split(' ');
    if (program === 'npm') tryNpm(args);
    else if (program === 'npx') await serve(args);
    else throw new Error(`README: don't know how to try "${command}"`);
  }
}

function tryNpm([verb = '', ...names]: readonly string[]): void {
  if (verb === 'ci') must(existsSync(join(root, 'package-lock.json')), 'a lock file');
  else if (verb === 'install') {
    for (const name of names) must(name === manifest.name || name in manifest.peerDependencies, `a package "${name}"`);
  } else {
    const script = manifest.scripts[verb] ?? '';
    must(script !== '', `a script "${verb}"`);
    for (const [file] of script.matchAll(/\S+\.(?:ts|mjs)\b/g)) must(existsSync(join(root, file)), file);
  }
}

/** Starts the program on a free port, whatever port it says, with files that it may name, and stops it when it has told its address. */
async function serve([name = '', ...args]: readonly string[]): Promise<void> {
  const file = manifest.bin[name];
  must(file !== undefined, `a program "${name}"`);
  const flags = args.map((flag, index) => (args[index - 1] === '--port' ? '0' : flag.replaceAll("'", '')));
  const folder = emptyFolder();
  writeFileSync(join(folder.path, 'config.json'), JSON.stringify({ any: { base_url: 'http://127.0.0.1:4000/v1' } }));
  writeFileSync(join(folder.path, 'keys.json'), JSON.stringify({ web: `sha256:${'0'.repeat(64)}` }));
  const child = spawn(process.execPath, [join(root, file!), ...flags], { cwd: folder.path });
  const ended = new Promise<number | null>(resolve => child.on('close', resolve));
  const told = await Promise.race([
    ended.then(code => `exit code ${code}`),
    new Promise<string>(resolve => createInterface(child.stdout).once('line', resolve)),
  ]);
  must(/ http:\/\/127\.0\.0\.1:\d+\/openai\/v1$/.test(told), `${name} to tell its address, not: ${told}`);
  child.kill();
  must((await ended) === 0, 'an orderly end');
  folder.remove();
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`README: expected ${what}`);
}
