import { type ChatChunk, type StreamTiming, timing, type Usage } from 'rx-groq';
import { chunk } from '../support/chunks.js';
import { marbles } from '../support/marbles.js';

const told = (more: Partial<Usage>): ChatChunk => ({
  ...chunk(undefined),
  x_groq: { usage: { prompt_tokens: 1, completion_tokens: 4, total_tokens: 5, ...more } },
});
const thinking = {
  ...chunk(''),
  choices: [{ index: 0, delta: { reasoning: 'Hm' }, finish_reason: null }],
} as ChatChunk;
const timingOf = (more: Partial<StreamTiming>): StreamTiming => ({
  firstTokenMs: null,
  totalMs: 0,
  tokensPerSecond: null,
  serverQueueMs: null,
  ...more,
});

marbles('timing tells the time to the first token and the speed, once the answer has completed', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('r-a---b-u-|', { r: chunk(''), a: chunk('a'), b: chunk('b'), u: told({}) });
  const subs = '       ^---------!';
  const expected = '   ----------(x|)';
  // 4 tokens in the 4 ms from a to b
  const x = timingOf({ firstTokenMs: 2, totalMs: 10, tokensPerSecond: 1000 });
  expectObservable(source.pipe(timing())).toBe(expected, { x });
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('timing takes the server’s word for the speed and for the wait', ({ cold, expectObservable }) => {
  const source = cold('t-a-u|', { t: thinking, a: chunk('a'), u: told({ completion_time: 0.5, queue_time: 0.25 }) });
  const expected = '   -----(x|)';
  const x = timingOf({ firstTokenMs: 0, totalMs: 5, tokensPerSecond: 8, serverQueueMs: 250 });
  expectObservable(source.pipe(timing())).toBe(expected, { x });
});

marbles('timing counts whatever is said, in whichever choice', ({ cold, expectObservable }) => {
  const of = (delta: object, index = 0) =>
    ({ ...chunk(''), choices: [{ index, delta, finish_reason: null }] }) as ChatChunk;
  const refusal = cold('--a-u|', { a: of({ refusal: 'No.' }), u: told({}) });
  const second = cold(' --a-u|', { a: of({ content: 'a' }, 1), u: told({}) });
  const expected = '    -----(x|)';
  const x = timingOf({ firstTokenMs: 2, totalMs: 5 });
  expectObservable(refusal.pipe(timing())).toBe(expected, { x });
  expectObservable(second.pipe(timing())).toBe(expected, { x });
});

marbles('timing says null of what nobody knows', ({ cold, expectObservable }) => {
  const nothing = cold<ChatChunk>('  -----|');
  const atOnce = cold('   --(au|)', { a: chunk('a'), u: told({}) });
  const withoutUsage = cold('-a-b|', { a: chunk('a'), b: chunk('b') });
  const absurd = cold('      -----(u|)', { u: told({ queue_time: 1e306 }) }); // in ms it is no number
  expectObservable(nothing.pipe(timing())).toBe('     -----(x|)', { x: timingOf({ totalMs: 5 }) });
  expectObservable(atOnce.pipe(timing())).toBe('      --(x|)', { x: timingOf({ firstTokenMs: 2, totalMs: 2 }) });
  expectObservable(absurd.pipe(timing())).toBe('      -----(x|)', { x: timingOf({ totalMs: 5 }) });
  expectObservable(withoutUsage.pipe(timing())).toBe('----(x|)', { x: timingOf({ firstTokenMs: 1, totalMs: 4 }) });
});

marbles('timing passes errors, and starts anew for each subscriber', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('a--#', { a: chunk('a') });
  const first = '      ^--!';
  const second = '     -----^-!';
  const timed = source.pipe(timing());
  expectObservable(timed).toBe('---#');
  expectObservable(timed, '-----^-!').toBe('---');
  expectSubscriptions(source.subscriptions).toBe([first, second]);
});
