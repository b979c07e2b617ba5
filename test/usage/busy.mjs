/**
 * So many requests that a save is planned for later. Prints what keeps the process alive when they are over, and at its end how many saves there were.
 */
import { createChatClient } from 'rx-groq';
import { concat, lastValueFrom, map, of, range, timer } from 'rxjs';

const text = {
  choices: [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }],
  object: 'chat.completion',
};
const head = { status: 200, headers: { 'content-type': 'application/json' } };
const answer = new TextEncoder().encode(JSON.stringify(text));
let saves = 0;
const client = createChatClient(
  { m: { base_url: 'http://server.test/v1', req_per_day: 1000 } },
  {
    transport: () => concat(timer(1).pipe(map(() => head)), of(answer)),
    usageStore: {
      load: () => null,
      save() {
        saves++;
      },
    },
  },
);
for (let round = 0; round < 70; round++) {
  const ask = () => ({ model: 'm', messages: [{ role: 'user', content: 'Yes?' }], stream: false });
  await lastValueFrom(range(0, 2).pipe(client.completeMap(ask)));
}
const alive = process.getActiveResourcesInfo().filter(name => name !== 'PipeWrap' && name !== 'TTYWrap');
process.on('exit', () => console.log(JSON.stringify({ alive, saves })));
