import { rateWindow } from 'rx-groq';
import { map } from 'rxjs';
import { answer, ask, clientOf } from './support/chat.js';
import { errorKind, marbles } from './support/marbles.js';

const tokens: Record<string, number> = { a: 6, b: 6, c: 4, X: 11 };
const cost = (letter: string) => ({ tokens: tokens[letter]! });
const tenTokens = { limit: 10, per: 10, unit: 'tokens' } as const;

for (const kind of ['sliding', 'bucket'] as const) {
  marbles(`What costs more than a whole window fails at once: it would wait for ever (${kind})`, helpers => {
    const { cold, expectObservable, expectSubscriptions } = helpers;
    const source = cold(' a-X-c|');
    const subs = '        ^-!';
    //  10 tokens         a---------|         X takes 11
    const expected = '    a-#';
    const operator = rateWindow<string>({ ...tenTokens, kind }, { cost });
    expectObservable(source.pipe(operator, errorKind())).toBe(expected, undefined, 'request_too_large');
    expectSubscriptions(source.subscriptions).toBe(subs);
  });
}

marbles("With onImpossible: 'drop' it is left out, and the others go on", helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' a-X-cX|');
  const subs = '        ^-----!';
  const expected = '    a---c-|';
  expectObservable(source.pipe(rateWindow(tenTokens, { cost, onImpossible: 'drop' }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('One that waits fails at the instant at which a lowered limit makes it impossible', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const windows$ = cold('x---y', { x: tenTokens, y: { ...tenTokens, limit: 5 } });
  const windowSubs = '   ^---!';
  const source = cold('  ab-------|');
  const subs = '         ^---!';
  //  10, then 5 tokens  a---|              b waits, and takes 6
  const expected = '     a---#';
  expectObservable(source.pipe(rateWindow(windows$, { cost }), errorKind())).toBe(
    expected,
    undefined,
    'request_too_large',
  );
  expectSubscriptions(windows$.subscriptions).toBe(windowSubs);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('… or is dropped at that instant, and those behind it move up', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const windows$ = cold('x---y', { x: tenTokens, y: { ...tenTokens, limit: 5 } });
  const windowSubs = '   ^---------!';
  const source = cold('  abc|');
  const subs = '         ^--!';
  //  10, then 5 tokens  a---------|        b (6) is out at 4; c (4) goes when a no longer counts
  const expected = '     a---------(c|)';
  expectObservable(source.pipe(rateWindow(windows$, { cost, onImpossible: 'drop' }))).toBe(expected);
  expectSubscriptions(windows$.subscriptions).toBe(windowSubs);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('A limit of 0 makes nothing impossible', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' a--|');
  const subs = '        ^--!';
  const expected = '    ---------';
  const unsub = '       ^-------!';
  expectObservable(source.pipe(rateWindow({ limit: 0, per: 10 })), unsub).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('One that finds the line full fails at once, too', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' abcd|');
  const subs = '        ^-!';
  //  1 per 10 ms       a---------|         b waits; there is no place for c
  const expected = '    a-#';
  const operator = rateWindow({ limit: 1, per: 10 }, { maxQueue: 1 });
  expectObservable(source.pipe(operator, errorKind())).toBe(expected, undefined, 'queue_full');
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('The client fails that one request; the others go on', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' aXb|');
  const subs = '        ^--!';
  const a = cold('      -h-A.|', answer);
  const b = cold('        -h-B.|', answer);
  //  100 tokens        X asks for 91 beside its prompt of 10
  const asubs = '       ^---!';
  const bsubs = '       --^---!';
  const expected = '    -X--a-(b|)';
  const client = clientOf({ windows: [{ limit: 100, per: 20, unit: 'tokens' }] }, { a, b });
  const request = (letter: string) => ask(letter, { max_completion_tokens: letter === 'X' ? 91 : 30 });
  const outcome = map((result: { value: string; ok: boolean; error?: { kind: string } }) =>
    result.ok ? result.value : `${result.value}: ${result.error?.kind}`,
  );
  expectObservable(source.pipe(client.completeMap(request), outcome)).toBe(expected, {
    a: 'a',
    b: 'b',
    X: 'X: request_too_large',
  });
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
});

marbles('A prompt longer than the context window fails at once, and is never sent', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const a = cold('      h.', answer);
  const asubs: string[] = [];
  const expected = '    #';
  const client = clientOf({ context_window: 9 }, { a }); // its prompt counts 10
  expectObservable(client.stream(ask('a')).pipe(errorKind())).toBe(expected, undefined, 'request_too_large');
  expectSubscriptions(a.subscriptions).toBe(asubs);
});
