/**
 * One process of a fleet: sends its prompts under the quota in Redis, and says on standard output when each was handed in, sent and answered.
 * `clockOff`: ms by which its wall clock is wrong.
 */
import { createChatClient } from 'rx-groq';
import { redisQuota } from 'rx-groq/redis';
import { interval, map, merge, range } from 'rxjs';

const options = JSON.parse(process.argv[2] ?? '{}');
const { name, redis, base, windows, tokens, prompts, urgentEvery = 0, clockOff = 0, onUnavailable = 'wait' } = options;
const model = 'openai/gpt-oss-20b';
const wallClock = Date.now;
Date.now = () => wallClock() + clockOff;
const client = createChatClient(
  { [model]: { base_url: base, api_key: 'gsk_test', dialect: 'groq', refund: 'never', windows } },
  { quota: redisQuota({ url: redis, onUnavailable }), tokenCounter: () => 0 },
);
/** @param {string} what @param {import('rx-groq').ChatRequest | null} request */
const say = (what, request) =>
  process.stdout.write(
    `${JSON.stringify({ what, name, at: performance.timeOrigin + performance.now(), context: request?.context })}\n`,
  );
client.events$.subscribe(event => {
  if (['queued', 'sent', 'refused', 'failed', 'completed'].includes(event.type)) say(event.type, event.request);
});
/** @param {number} index @param {1 | 10} priority @returns {import('rx-groq').ChatRequest} */
const prompt = (index, priority) => ({
  model,
  priority,
  messages: [{ role: 'user', content: `${name} ${priority} ${index}` }],
  max_completion_tokens: tokens[index % tokens.length],
  context: { priority, index },
});
const urgent$ = urgentEvery ? interval(urgentEvery).pipe(map(index => prompt(index, 1))) : [];
merge(range(0, prompts).pipe(map(index => prompt(index, 10))), urgent$)
  .pipe(client.completeEach())
  .subscribe();
