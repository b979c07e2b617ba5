/**
 * The README's ways, each walked as a new user does: an empty folder, `npm install` of what npm would publish with a cache that is empty
 * too, the simulator of the README, its program. Prints the seconds to the first thing that the program has to say. After the build.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pack } from '../packaging/pack.js';
import { emptyFolder } from '../readme/folders.js';
import { type Program, prepared, programs } from '../readme/programs.js';

interface Walk {
  readonly install: number;
  readonly answer: number;
  readonly said: string;
}

const angular = ['core', 'common', 'compiler', 'platform-browser'].map(name => `@angular/${name}@21`);
const ways: readonly { readonly heading: string; readonly needs: readonly string[] }[] = [
  { heading: 'In a pipe', needs: [] },
  { heading: 'In a service', needs: [] },
  { heading: 'In Angular', needs: [...angular, 'happy-dom@20'] },
  { heading: 'In a marble test', needs: [] },
];

const packed = pack();
try {
  console.log(`${'way'.padEnd(18)}  npm install, s  to the first words, s  together, s  first words`);
  for (const { heading, needs } of ways) {
    const there = programs.filter(program => program.heading === heading);
    const { install, answer, said } = await walk(
      there.find(({ code }) => code.includes('.stream(')) ?? there[0]!,
      needs,
    );
    const figures = [install.toFixed(1).padStart(14), answer.toFixed(1).padStart(21)];
    console.log(`${heading.padEnd(18)}  ${figures.join('  ')}  ${(install + answer).toFixed(1).padStart(11)}  ${said}`);
  }
} finally {
  packed.remove();
}

async function walk(program: Program, needs: readonly string[]): Promise<Walk> {
  const folder = emptyFolder();
  const home = emptyFolder();
  const { PATH } = process.env;
  const env = {
    PATH,
    HOME: home.path,
    npm_config_cache: join(home.path, 'cache'),
    npm_config_update_notifier: 'false',
  };
  const begin = performance.now();
  const installing = spawn('npm', ['install', packed.file, 'rxjs', ...needs, '--loglevel=error'], {
    cwd: folder.path,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(installing, 'exit');
  if (code !== 0) throw new Error(`npm install: ${code}`);
  const installed = performance.now();

  const simulator = spawn('npx', ['rx-groq-simulator', '--port', '0'], { cwd: folder.path, env, detached: true });
  try {
    const [line] = await once(createInterface(simulator.stdout), 'line');
    const place = join(folder.path, 'program');
    mkdirSync(place);
    const args = prepared(folder.path, place, program);
    const entry = { base_url: String(line).split(' ').at(-1), api_key: 'any', dialect: 'groq' };
    writeFileSync(join(place, 'config.json'), JSON.stringify({ 'openai/gpt-oss-20b': entry }));
    const asking = spawn(process.execPath, args, { cwd: place, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(asking, 'exit');
    const [said] = await once(asking.stdout.setEncoding('utf8'), 'data');
    const answered = performance.now();
    const [code] = await ended;
    if (code !== 0) throw new Error(`${program.heading}: exit code ${code}`);
    return { install: (installed - begin) / 1000, answer: (answered - installed) / 1000, said: JSON.stringify(said) };
  } finally {
    process.kill(-simulator.pid!); // npx and what it has started
    await once(simulator, 'exit');
    folder.remove();
    home.remove();
  }
}
