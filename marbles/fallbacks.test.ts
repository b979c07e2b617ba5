import { type ChatClient, type ChatRequest, contentDeltas } from 'rx-groq';
import { auditTime, concat, filter, map, mergeMap, type Observable, of } from 'rxjs';
import { answer, head } from './support/chat.js';
import { errorKind, marbles } from './support/marbles.js';
import { asking, clientOfModels } from './support/models.js';

const text = (client: ChatClient, request: ChatRequest): Observable<string> =>
  client.stream(request).pipe(contentDeltas(), errorKind());

const onePer = (per: number) => ({ windows: [{ limit: 1, per }] });

/** 'm→n api', or 'm→n' where it was only for the wait. */
const fallbacksOf = (client: ChatClient): Observable<string> =>
  client.events$.pipe(
    filter(event => event.type === 'fallback'),
    map(({ from, to, error }) => `${from}→${to}${error ? ` ${error.kind} of ${error.model}` : ''}`),
  );

marbles('When a model fails, the next one is asked in the same turn', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const m = cold('  --d|', { d: head(503) });
  const n = cold('  -(hN.|)', answer);
  const msubs = '   ^--!';
  const nsubs = '   ---^!';
  const atext = '   ----(N|)';
  const told = '    ---f';
  const client = clientOfModels({ m: {}, n: {} }, { m, n });
  expectObservable(fallbacksOf(client), '9ms !').toBe(told, { f: 'm→n api of m' });
  expectObservable(text(client, asking('m n', 'a'))).toBe(atext);
  expectSubscriptions(m.subscriptions).toBe(msubs);
  expectSubscriptions(n.subscriptions).toBe(nsubs);
});

marbles('Each model has its own retries; attempts count on, and the error names the model that gave it', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const m = cold('  -d|', { d: head(503) });
  const n = cold('  -d|', { d: head(500) });
  const msubs = ['  ^-!', '--^-!'];
  const nsubs = ['  ----^-!', '------^-!'];
  const result = '  --------(r|)';
  const retry = { maxRetries: 1, random: () => 0 };
  const client = clientOfModels({ m: {}, n: {} }, { m, n }, { retry });
  const outcome = of(asking('m n', 'a')).pipe(
    client.completeEach(),
    map(one => (one.ok ? one.model : `${one.error.kind} of ${one.error.model}, ${one.model}: ${one.timing.attempts}`)),
  );
  expectObservable(outcome).toBe(result, { r: 'api of n, n: 4' });
  expectSubscriptions(m.subscriptions).toBe(msubs);
  expectSubscriptions(n.subscriptions).toBe(nsubs);
});

marbles('A request that is larger than a window of the one is not larger than those of the other', helpers => {
  const { cold, expectObservable } = helpers;
  const n = cold('  -(hN.|)', answer);
  const told = '    f';
  const atext = '   -(N|)';
  const tokens = (limit: number) => ({ windows: [{ limit, per: '1m', unit: 'tokens' as const }] });
  const client = clientOfModels({ m: tokens(20), n: tokens(200) }, { n });
  expectObservable(fallbacksOf(client), '9ms !').toBe(told, { f: 'm→n request_too_large of m' });
  expectObservable(text(client, asking('m n', 'a', { max_completion_tokens: 50 }))).toBe(atext);
});

marbles('Whoever would wait longer than maxWait asks the next one', helpers => {
  const { cold, expectObservable } = helpers;
  const m = cold('  (hM.|)', answer);
  const n = cold('  (hN.|)', answer);
  const source = cold('a-b', { a: 'a', b: 'b' });
  //  1 per 20 ms      a-------------------|
  const atext = '   M-N';
  const told = '    --f';
  const client = clientOfModels({ m: { windows: [{ limit: 1, per: 20 }] }, n: {} }, { m, n }, { maxWait: 10 });
  expectObservable(fallbacksOf(client), '9ms !').toBe(told, { f: 'm→n rate_limit of m' });
  expectObservable(source.pipe(mergeMap(prompt => text(client, asking('m n', prompt))))).toBe(atext);
});

marbles('Nobody falls back once a part of the answer has been delivered', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const m = cold('  -hM#', answer);
  const n = cold('  -(hN.|)', answer);
  const client = clientOfModels({ m: {}, n: {} }, { m, n });
  expectObservable(text(client, asking('m n', 'a'))).toBe('--M#', undefined, 'stream_broken');
  expectSubscriptions(n.subscriptions).toBe([]);
});

marbles('Of a whole answer nothing is delivered before its end', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const m = cold('  -hM#', answer);
  const n = cold('  -(hN.|)', answer);
  const msubs = '   ^--!';
  const nsubs = '   ---^!';
  const client = clientOfModels({ m: {}, n: {} }, { m, n });
  const whole = client.complete(asking('m n', 'a')).pipe(map(({ choices }) => choices[0].message.content));
  expectObservable(whole).toBe('----(N|)');
  expectSubscriptions(m.subscriptions).toBe(msubs);
  expectSubscriptions(n.subscriptions).toBe(nsubs);
});

marbles('A request that is wrong, and a key that is, are wrong everywhere', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const m = [cold(' -w|', { w: head(400) }), cold('-k|', { k: head(401) })];
  const n = cold('  -(hN.|)', answer);
  const client = clientOfModels({ m: {}, n: {} }, { m, n });
  expectObservable(text(client, asking('m n', 'a'))).toBe('--#', undefined, 'api');
  expectObservable(text(client, asking('m n', 'b'))).toBe('--#', undefined, 'authentication');
  expectSubscriptions(n.subscriptions).toBe([]);
});

marbles('A fallback that is not configured is a mistake of the request', helpers => {
  const { expectObservable } = helpers;
  const client = clientOfModels({ m: {}, n: {} }, {});
  const failing = client.stream(asking('m n typo', 'a'));
  expectObservable(failing.pipe(errorKind())).toBe('#', undefined, 'request_invalid');
  failing.subscribe({ error: ({ field }) => expectObservable(of(field)).toBe('(f|)', { f: 'fallbacks[1]' }) });
});

marbles('A wait beyond fallbackAfter that can be foreseen: it goes to where it will go first', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('   (mno)--a---------b', { a: 'm n o', b: 'm n o', m: 'm', n: 'n', o: 'o' });
  //  m: 1 per 30 ms      m-----------------------------
  //  n: 1 per 20 ms      n-------------------b
  //  o: 1 per 10 ms      o---------a---------|          as early as n for b, but after it in order
  const texts = '         (MNO)-----O---------N';
  const told = '          -------a---------b';
  const client = clientOfModels(
    { m: onePer(30), n: onePer(20), o: onePer(10) },
    { m: cold('(hM.|)', answer), n: cold('(hN.|)', answer), o: cold('(hO.|)', answer) },
    { fallbackAfter: 4 },
  );
  expectObservable(fallbacksOf(client), '29ms !').toBe(told, { a: 'm→o', b: 'm→n' });
  expectObservable(source.pipe(mergeMap(models => text(client, asking(models, 'x'))))).toBe(texts);
});

marbles('A shorter wait is waited, and so is a longer one that is not longer elsewhere', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('   (mn)-a----b', { m: 'm', n: 'n', a: 'm n', b: 'm n' });
  //  m: 1 per 10 ms      m---------a---------b
  //  n: 1 per 20 ms      n-------------------|
  const texts = '         (MN)------M---------M';
  const client = clientOfModels(
    { m: onePer(10), n: onePer(20) },
    { m: cold('(hM.|)', answer), n: cold('(hN.|)', answer) },
    { fallbackAfter: 5 },
  );
  expectObservable(fallbacksOf(client), '29ms !').toBe('');
  expectObservable(source.pipe(mergeMap(models => text(client, asking(models, 'x'))))).toBe(texts);
});

marbles('Those that wait fall back when their wait has become too long, whoever made it so', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('   ma--UV', { m: 'm', a: 'm n', U: 'm', V: 'm' });
  //  m: 1 per 10 ms      m---------U---------V          U and V are more urgent than a, which was to go at 10,
  //  n                             a                    and is not content to wait beyond 13: that is sure at 10
  const texts = '         M---------(MN)------M';
  const told = '          ----------a';
  const client = clientOfModels(
    { m: onePer(10), n: {} },
    { m: cold('(hM.|)', answer), n: cold('(hN.|)', answer) },
    { fallbackAfter: 12, aging: 0 },
  );
  const answered = source.pipe(
    mergeMap(models => text(client, asking(models, 'x', { priority: models === 'm n' ? 5 : 1 }))),
  );
  expectObservable(fallbacksOf(client), '29ms !').toBe(told, { a: 'm→n' });
  expectObservable(answered).toBe(texts);
});

marbles('A server that asks to wait: all that can fall back do, in the same turn', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const refused = cold('  -r|', { r: head(429, { 'retry-after-ms': '30' }) });
  const m = [refused, cold('(hM.|)', answer)];
  const n = cold('        -(hN.|)', answer);
  //  m: 1 per 5 ms       a~! |                               refused at 2: nobody goes until 32
  //                                                      c   has no fallback
  const atext = '         ---(N|)';
  const btext = '         ---(N|)';
  const ctext = '         32ms (M|)';
  const told = '          --(ab)';
  const client = clientOfModels({ m: onePer(5), n: {} }, { m, n }, { fallbackAfter: 20 });
  expectObservable(fallbacksOf(client), '29ms !').toBe(told, { a: 'm→n', b: 'm→n' });
  expectObservable(text(client, asking('m n', 'a'))).toBe(atext);
  expectObservable(text(client, asking('m n', 'b'))).toBe(btext);
  expectObservable(text(client, asking('m', 'c'))).toBe(ctext);
  expectSubscriptions(refused.subscriptions).toBe('^-!');
  expectSubscriptions(n.subscriptions).toBe(['--^!', '--^!']);
});

marbles('What can not be foreseen is waited for as long as fallbackAfter', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const m = cold('        h-------(M.|)', answer);
  const n = cold('        (hN.|)', answer);
  //  m: one at once      a~~~~~~~!
  const atext = '         --------(M|)';
  const btext = '         -----(N|)';
  const msubs = '         ^-------!';
  const nsubs = '         -----(^!)';
  const client = clientOfModels({ m: { max_concurrent: 1 }, n: {} }, { m, n }, { fallbackAfter: 5 });
  expectObservable(text(client, asking('m n', 'a'))).toBe(atext);
  expectObservable(text(client, asking('m n', 'b'))).toBe(btext);
  expectSubscriptions(m.subscriptions).toBe(msubs);
  expectSubscriptions(n.subscriptions).toBe(nsubs);
});

marbles('Between two lines that are full up it stays, until one of them has a place', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('   (mna)', { m: 'm', n: 'n', a: 'm n' });
  //  m: one at once      m~~~~~~~~~~~~~~!
  //  n: one at once      n~~~~~~~~~!a
  const texts = '         ----------(NN)-M';
  const told = '          ----------f';
  const one = { max_concurrent: 1 };
  const answers = {
    m: cold('h--------------(M.|)', answer),
    n: [cold('h---------(N.|)', answer), cold('(hN.|)', answer)],
  };
  const client = clientOfModels({ m: one, n: one }, answers, { fallbackAfter: 5 });
  expectObservable(fallbacksOf(client), '29ms !').toBe(told, { f: 'm→n' });
  expectObservable(source.pipe(mergeMap(models => text(client, asking(models, 'x'))))).toBe(texts);
});

marbles('A line that is full up is better than a wait that is sure to be too long', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('   (mna)', { m: 'm', n: 'n', a: 'm n' });
  //  m: 1 per 30 ms      m-----------------------------
  //  n: one at once      n~~~~~~~~~!a
  const texts = '         M---------(NN)';
  const told = '          f';
  const answers = {
    m: cold('(hM.|)', answer),
    n: [cold('h---------(N.|)', answer), cold('(hN.|)', answer)],
  };
  const client = clientOfModels({ m: onePer(30), n: { max_concurrent: 1 } }, answers, { fallbackAfter: 20 });
  expectObservable(fallbacksOf(client), '29ms !').toBe(told, { f: 'm→n' });
  expectObservable(source.pipe(mergeMap(models => text(client, asking(models, 'x'))))).toBe(texts);
});

marbles('Who waits for a line that is full up does not leave it for a wait that is sure to be too long', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('   (mna)', { m: 'm', n: 'n', a: 'm n' });
  //  m: 1 per 30 ms      m-----------------------------
  //  n: one at once      n~~~~~~~~~~~!a                 at 5 it has waited for as long as it minds
  const texts = '         M-----------(NN)';
  const told = '          f';
  const answers = {
    m: cold('(hM.|)', answer),
    n: [cold('h-----------(N.|)', answer), cold('(hN.|)', answer)],
  };
  const client = clientOfModels({ m: onePer(30), n: { max_concurrent: 1 } }, answers, { fallbackAfter: 5 });
  expectObservable(fallbacksOf(client), '49ms !').toBe(told, { f: 'm→n' });
  expectObservable(source.pipe(mergeMap(models => text(client, asking(models, 'x'))))).toBe(texts);
});

marbles('Overdue everywhere: it goes wherever something opens first', helpers => {
  const { cold, hot, expectObservable } = helpers;
  const gate$ = hot('     --------------t', { t: true });
  const atext = '         --------------(N|)';
  const closed = { windows: [{ limit: 0, per: '1m' }] };
  const client = clientOfModels(
    { m: closed, n: {} },
    { n: cold('(hN.|)', answer) },
    {
      fallbackAfter: 5,
      gate$: pool => (pool === 'n' ? concat(of(false), gate$) : undefined),
    },
  );
  expectObservable(text(client, asking('m n', 'a')), '19ms !').toBe(atext);
});

marbles('Unsubscribing cancels it wherever it is, and it is counted once, under the model that has it', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const m = cold('        -d|', { d: head(503) });
  const n = cold('        ---(hN.|)', answer);
  const msubs = '         ^-!';
  const nsubs = '         --^!';
  const unsub = '         ---!';
  const counted = '       s-tu';
  const client = clientOfModels({ m: {}, n: {} }, { m, n });
  const counts$ = client.status$.pipe(
    auditTime(0),
    map(({ models }) =>
      Object.entries(models).map(([name, { queued, inFlight, done }]) => [name, queued, inFlight, done]),
    ),
  );
  expectObservable(counts$, '9ms !').toBe(counted, {
    s: [['m', 0, 1, 0]],
    t: [
      ['m', 0, 0, 0],
      ['n', 0, 1, 0],
    ],
    u: [
      ['m', 0, 0, 0],
      ['n', 0, 0, 1],
    ],
  });
  expectObservable(text(client, asking('m n', 'a')), unsub).toBe('');
  expectSubscriptions(m.subscriptions).toBe(msubs);
  expectSubscriptions(n.subscriptions).toBe(nsubs);
});

marbles('Unsubscribed in line, after it has changed the line, it leaves that', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('   (mn)', { m: 'm', n: 'n' });
  //  m: 1 per 30 ms      m-----------------------------
  //  n: 1 per 10 ms      n---------b                    a went to n at 0 and left at 5
  const client = clientOfModels(
    { m: onePer(30), n: onePer(10) },
    { m: cold('(hM.|)', answer), n: cold('(hN.|)', answer) },
    { fallbackAfter: 12 },
  );
  expectObservable(source.pipe(mergeMap(models => text(client, asking(models, 'x'))))).toBe('(MN)');
  const a = cold('a');
  expectObservable(a.pipe(mergeMap(() => text(client, asking('m n', 'a')))), '-----!').toBe('');
  expectObservable(cold('-b').pipe(mergeMap(() => text(client, asking('n', 'b'))))).toBe('----------N');
  expectSubscriptions(a.subscriptions).toBe('^----!');
});

marbles('Its queueTimeout is for all its waits in line together', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('   (mn|)', { m: 'm', n: 'n' });
  const failed = '        ------#';
  const client = clientOfModels(
    { m: { max_concurrent: 1 }, n: { ...onePer(7), max_concurrent: 1 } },
    { m: cold('h 20ms .|', answer), n: cold('h 2ms .|', answer) },
    { fallbackAfter: 4 },
  );
  expectObservable(source.pipe(mergeMap(model => text(client, asking(model, 'x'))))).toBe('21ms |');
  // In the line of m until 4, then in that of n.
  expectObservable(fallbacksOf(client), '29ms !').toBe('----f', { f: 'm→n' });
  const one = cold('a').pipe(mergeMap(prompt => text(client, asking('m n', prompt, { queueTimeout: 6 }))));
  expectObservable(one).toBe(failed, undefined, 'queue_timeout');
});
