/**
 * A job of its own process: `job.mjs BASE_URL STORE COUNT` sends COUNT requests at once, with the day's use kept in a file. Prints what
 * the client takes to be used when it starts, then each request's end, as JSON lines.
 */
import { createChatClient, fileUsageStore } from 'rx-groq';
import { range } from 'rxjs';

const [base_url = '', store = '', count] = process.argv.slice(2);
const model = 'openai/gpt-oss-20b';
const client = createChatClient(
  { [model]: { base_url, api_key: 'any', dialect: 'groq', req_per_day: 20 } },
  { usageStore: fileUsageStore(store), maxWait: 1000 },
);
/** @param {object} line */
const print = line => console.log(JSON.stringify(line));

client.events$.subscribe(event => {
  if (event.type === 'store_error') print({ type: event.type, message: String(event.error) });
});
print({ type: 'start', dayUsed: client.limits(model).day_used });
range(1, Number(count))
  .pipe(
    client.completeMap(n => ({
      model,
      messages: [{ role: 'user', content: `What is ${n}+1?` }],
      max_completion_tokens: 200,
    })),
  )
  .subscribe({
    next: result => print({ type: 'end', ok: result.ok, ...(!result.ok && { kind: result.error.kind }) }),
    complete: () => client.close(),
  });
