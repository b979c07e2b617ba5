/**
 * A process that always has more to send than it may: `worker.mjs CONFIG [STORE]`, the configuration as JSON. It sends until its input ends,
 * then closes and says how often it was refused.
 */
import { createChatClient, fileUsageStore } from 'rx-groq';
import { range } from 'rxjs';

const [config = '{}', store] = process.argv.slice(2);
const [model = ''] = Object.keys(JSON.parse(config));
const client = createChatClient(JSON.parse(config), store ? { usageStore: fileUsageStore(store) } : {});
const caps = [90, 400, 150, 250, 50, 300];
let refused = 0;
client.events$.subscribe(({ type }) => {
  if (type === 'refused') refused++;
});
range(0, 5000)
  .pipe(
    client.completeMap(n => ({
      model,
      messages: [{ role: 'user', content: `Count to ${n}.` }],
      max_completion_tokens: caps[n % caps.length],
    })),
  )
  .subscribe();
process.stdin.resume().on('end', () => {
  client.close().subscribe(() => console.log(JSON.stringify({ refused, date: new Date().toISOString() })));
});
