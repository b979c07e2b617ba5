import { createChatClient, type ResponseHead, type ToolEvent } from 'rx-groq';
import { map, mergeMap, type Observable } from 'rxjs';
import { z } from 'zod';
import { answer, ask, config } from './support/chat.js';
import { marbles } from './support/marbles.js';

type Response = Observable<ResponseHead | Uint8Array>;

/** An answer that calls these tools, with their names as ids. */
function calling(...names: string[]): Uint8Array {
  const tool_calls = names.map((name, index) => ({
    index,
    id: name,
    type: 'function',
    function: { name, arguments: '{}' },
  }));
  const chunk = (delta: object, finish_reason: string | null): string => {
    const choices = [{ index: 0, delta, finish_reason }];
    return `data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', created: 0, model: 'm', choices })}\n\n`;
  };
  return new TextEncoder().encode(`${chunk({ tool_calls }, null)}${chunk({}, 'tool_calls')}data: [DONE]\n\n`);
}

const values = { ...answer, 1: calling('one'), 2: calling('one', 'two') };

/** A client of one model that answers the first round of `?` and its second with these, and any other prompt with `others`. */
function clientOf(first: Response, second: Response, others: Response, windows: { limit: number; per: number }[] = []) {
  return createChatClient(config({ windows }), {
    transport({ body }) {
      const { messages } = JSON.parse(body!);
      if (messages[0].content !== '?') return others;
      return messages.length === 1 ? first : second;
    },
    tokenCounter: () => 10,
    maxFlight: 0,
  });
}

/** An event in one word: 'one()', 'one = x', 'one: timeout', the text of a chunk, 'answered'. */
function word(event: ToolEvent): string {
  if (event.type === 'chunk') return event.chunk.choices[0]?.delta.content ?? '.';
  if (event.type === 'call') return `${event.name}()`;
  if (event.type === 'result') return event.ok ? `${event.name} = ${event.value}` : `${event.name}: ${event.reason}`;
  return event.type === 'done' ? event.outcome : event.type;
}

const parameters = z.object({});
const seen = {
  '.': '.',
  X: 'X',
  Y: 'Y',
  a: 'one()',
  b: 'two()',
  c: 'one = r',
  d: 'two = r',
  z: 'answered',
  t: 'one: timeout',
};

marbles('Tools of one round run at once, and the next round goes when the last has its result', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const first = cold(' (h2|)', values);
  const one = cold('   --------r|');
  const oneSubs = '    ^--------!';
  const two = cold('   ------r|');
  const twoSubs = '    ^------!';
  const second = cold('         -(hX.|)', values);
  const secondSubs = ' ---------^!';
  const expected = '   (..ab)-d-c(X.z|)';
  const client = clientOf(first, second, second);
  const tools = { one: { parameters, run: () => one }, two: { parameters, run: () => two } };
  expectObservable(client.runTools(ask('?'), tools).pipe(map(word))).toBe(expected, seen);
  expectSubscriptions(one.subscriptions).toBe(oneSubs);
  expectSubscriptions(two.subscriptions).toBe(twoSubs);
  expectSubscriptions(second.subscriptions).toBe(secondSubs);
});

marbles('A tool that does not return is left after toolTimeout, and the model is told', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const first = cold(' (h1|)', values);
  const one = cold('   -');
  const oneSubs = '    ^-------!';
  const second = cold('        -(hX.|)', values);
  const expected = '   (..a)---t(X.z|)';
  const client = clientOf(first, second, second);
  const tools = { one: { parameters, run: () => one } };
  expectObservable(client.runTools(ask('?'), tools, { toolTimeout: 8 }).pipe(map(word))).toBe(expected, seen);
  expectSubscriptions(one.subscriptions).toBe(oneSubs);
});

marbles('Who unsubscribes leaves the tools that run, in the same turn; no further round goes', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const first = cold(' (h2|)', values);
  const one = cold('   ------------r|');
  const two = cold('   ------r|');
  const oneSubs = '    ^-------!';
  const twoSubs = '    ^------!';
  const unsub = '      --------!';
  const expected = '   (..ab)-d';
  const second = cold('(hX.|)', values);
  const client = clientOf(first, second, second);
  const tools = { one: { parameters, run: () => one }, two: { parameters, run: () => two } };
  expectObservable(client.runTools(ask('?'), tools).pipe(map(word)), unsub).toBe(expected, seen);
  expectSubscriptions(one.subscriptions).toBe(oneSubs);
  expectSubscriptions(two.subscriptions).toBe(twoSubs);
  expectSubscriptions(second.subscriptions).toBe([]);
});

marbles('A later round goes before whoever came after the first one', helpers => {
  const { cold, expectObservable } = helpers;
  const first = cold(' (h1|)', values);
  const one = cold('   --------r|');
  const second = cold('(hX.|)', values);
  const other = cold(' (hY.|)', values);
  //  2 per 20 ms      a-------------------|
  //                    b-------------------|
  //                                       a
  //                                        c
  const asking = cold('-b(c|)');
  const rounds = '     (..a)----c----------(X.z|)';
  const others = '     -(Y.)----------------(Y.|)';
  const client = clientOf(first, second, other, [{ limit: 2, per: 20 }]);
  const tools = { one: { parameters, run: () => one } };
  const others$ = asking.pipe(mergeMap(prompt => client.stream(ask(prompt))));
  expectObservable(client.runTools(ask('?'), tools).pipe(map(word))).toBe(rounds, seen);
  expectObservable(others$.pipe(map(({ choices }) => choices[0]?.delta.content ?? '.'))).toBe(others);
});
