import { type ChatClient, contentDeltas } from 'rx-groq';
import { catchError, distinctUntilChanged, filter, map, mergeMap, type Observable, of } from 'rxjs';
import { answer, head } from './support/chat.js';
import { marbles } from './support/marbles.js';
import { asking, clientOfModels } from './support/models.js';

/** The answer's text; `x` where it failed. */
const text = (client: ChatClient, models: string): Observable<string> =>
  client.stream(asking(models, 'any')).pipe(
    contentDeltas(),
    catchError(() => of('x')),
  );

/** What becomes of the circuit: 'open 10' where nobody goes for 10 ms. */
const circuitOf = (client: ChatClient): Observable<string> =>
  client.events$.pipe(
    filter(event => event.type === 'circuit'),
    map(({ circuit, coolDownMs }) => (circuit === 'open' ? `open ${coolDownMs}` : circuit)),
  );

const breaker = { failures: 2, coolDown: 10 };
const states = { o: 'open 10', h: 'half_open', c: 'closed' };
const down = { d: head(503) };

marbles('After so many failures in a row nobody goes; then one tries, and when it is answered all go', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('   ab--cde|');
  const failing = cold('  -d|', down);
  const working = cold('  -(hM.|)', answer);
  //                      aax                        open from 3, when b has failed, to 13
  //                       bbx
  //                          ---------cc            c tries
  //                            --------dd           d and e go when it has been answered
  const told = '          ---o---------hc';
  const texts = '         --xx----------M(MM|)';
  const client = clientOfModels({ m: {} }, { m: [failing, failing, working, working, working] }, { breaker });
  expectObservable(circuitOf(client), '29ms !').toBe(told, states);
  expectObservable(source.pipe(mergeMap(() => text(client, 'm')))).toBe(texts);
  expectSubscriptions(failing.subscriptions).toBe(['^-!', '-^-!']);
  expectSubscriptions(working.subscriptions).toBe(['13ms ^!', '14ms ^!', '14ms ^!']);
});

marbles('While those that try fail, nobody goes for twice as long each time', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('   (abcd|)');
  const failing = cold('  -d|', down);
  const working = cold('  -(hM.|)', answer);
  //                      aa|----------bb|--------------------cc|----------------------------------------d
  const told = '          --o 9ms      h-p 19ms               h-q 39ms                                   hc';
  const texts = '         --x 9ms      --x 19ms               --x 39ms                                   -(M|)';
  const client = clientOfModels(
    { m: { max_concurrent: 1 } },
    { m: [failing, failing, failing, working] },
    {
      breaker: { failures: 1, coolDown: 10 },
    },
  );
  expectObservable(circuitOf(client), '99ms !').toBe(told, { ...states, p: 'open 20', q: 'open 40' });
  expectObservable(source.pipe(mergeMap(() => text(client, 'm')))).toBe(texts);
  expectSubscriptions(working.subscriptions).toBe('76ms ^!');
});

marbles('The longest that nobody goes is a minute', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('   (abcd|)');
  const told = '          -o 24999ms hp 49999ms hq 59999ms hq';
  const client = clientOfModels(
    { m: { max_concurrent: 1 } },
    { m: cold('d|', down) },
    {
      breaker: { failures: 1, coolDown: 25_000 },
    },
  );
  const opened = { h: 'half_open', o: 'open 25000', p: 'open 50000', q: 'open 60000' };
  expectObservable(circuitOf(client), '140s !').toBe(told, opened);
  expectObservable(source.pipe(mergeMap(() => text(client, 'm')))).toBe('-x 25000ms x 50000ms x 60000ms (x|)');
});

marbles('An answer in between begins the count anew, and so does any other that shows the server at work', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('   a--b--c--d--e--f|');
  const failing = cold('  d|', down);
  const invalid = cold('  r|', { r: head(400) });
  const working = cold('  (hM.|)', answer);
  const told = '          ----------------o';
  const texts = '         -x-M---x--x--x--(x|)';
  const client = clientOfModels({ m: {} }, { m: [failing, working, failing, invalid, failing, failing] }, { breaker });
  expectObservable(circuitOf(client), '20ms !').toBe(told, states);
  expectObservable(source.pipe(mergeMap(() => text(client, 'm')))).toBe(texts);
});

marbles('What was sent before the circuit opened has no say in it afterwards', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('   (abcd)-e');
  //                      c is answered at 5, d fails at 13: the one does not close it, the other does not prolong it
  const told = '          -o---------h----c';
  const texts = '         -(xx)M-------x--M';
  const client = clientOfModels(
    { m: {} },
    {
      m: [
        cold('d|', down),
        cold('d|', down),
        cold('-----(hM.|)', answer),
        cold('------------d|', down),
        cold('-----(hM.|)', answer),
      ],
    },
    { breaker },
  );
  expectObservable(circuitOf(client), '29ms !').toBe(told, states);
  expectObservable(source.pipe(mergeMap(() => text(client, 'm')))).toBe(texts);
});

marbles('One that tries and is unsubscribed says nothing: the next one tries in the same turn', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const failing = cold('  d|', down);
  const silent = cold<never>('--------');
  const working = cold('  -(hM.|)', answer);
  const first = cold('    (ab)');
  const c = cold('        --c');
  const d = cold('        ---d');
  const cunsub = '        ----------------!';
  const silentsubs = '    -----------^----!';
  const workingsubs = '   ----------------^!';
  const told = '          -o---------h----(qh)';
  const dtext = '         -----------------M';
  const client = clientOfModels({ m: {} }, { m: [failing, failing, silent, working] }, { breaker });
  expectObservable(circuitOf(client).pipe(filter(state => state !== 'closed')), '29ms !').toBe(told, {
    ...states,
    q: 'open 0',
  });
  expectObservable(first.pipe(mergeMap(() => text(client, 'm')))).toBe('-(xx)');
  expectObservable(c.pipe(mergeMap(() => text(client, 'm'))), cunsub).toBe('');
  expectObservable(d.pipe(mergeMap(() => text(client, 'm')))).toBe(dtext);
  expectSubscriptions(silent.subscriptions).toBe(silentsubs);
  expectSubscriptions(working.subscriptions).toBe(workingsubs);
});

marbles('A request that is to be tried again waits with the others, and does not use up its retries', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const failing = cold('  d|', down);
  const working = cold('  -(hM.|)', answer);
  const failingsubs = ['  ^!', '^!'];
  const workingsubs = ['  -----------^!', '------------^!'];
  const client = clientOfModels(
    { m: {} },
    { m: [failing, failing, working, working] },
    {
      breaker,
      retry: { maxRetries: 1, random: () => 0 },
    },
  );
  expectObservable(text(client, 'm')).toBe('------------(M|)');
  expectObservable(text(client, 'm')).toBe('-------------(M|)');
  expectSubscriptions(failing.subscriptions).toBe(failingsubs);
  expectSubscriptions(working.subscriptions).toBe(workingsubs);
});

marbles(
  'An open circuit is a wait like any other: who has fallbacks does not wait longer than fallbackAfter',
  helpers => {
    const { cold, expectObservable, expectSubscriptions } = helpers;
    const source = cold('   (ab)c--d', { a: 'm', b: 'm n', c: 'm n', d: 'm n' });
    const m = [cold('       -d|', down), cold('-(hM.|)', answer)];
    const n = cold('        -(hN.|)', answer);
    //  m                   a~|---------d             open from 2 to 12
    //  n                     b c                     b was in line when it opened; d waits no longer than 5
    const texts = '         --xN-N-------M';
    const nsubs = ['        --^!', '----^!'];
    const client = clientOfModels(
      { m: { max_concurrent: 1 }, n: {} },
      { m, n },
      {
        breaker: { failures: 1, coolDown: 10 },
        fallbackAfter: 5,
      },
    );
    expectObservable(source.pipe(mergeMap(models => text(client, models)))).toBe(texts);
    expectSubscriptions(n.subscriptions).toBe(nsubs);
  },
);

marbles('limits$ tells the state of the circuit, and watch() what is waited for', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('   (ab)');
  const watching = cold(' --w');
  const circuits = '      co---------hc';
  const progress = '      --q--------s(ttd)';
  const m = [cold('d|', down), cold('d|', down), cold('-(hM.|)', answer)];
  const client = clientOfModels({ m: {} }, { m }, { breaker });
  const circuit$ = client.limits$('m').pipe(
    map(({ circuit }) => circuit),
    distinctUntilChanged(),
  );
  const watched$ = watching.pipe(
    mergeMap(() => client.watch(asking('m', 'any'))),
    map(step => (step.state === 'queued' ? `${step.position} in ${step.etaMs}: ${step.waitingFor}` : step.state)),
  );
  expectObservable(circuit$, '29ms !').toBe(circuits, { c: 'closed', o: 'open', h: 'half_open' });
  expectObservable(watched$).toBe(progress, { q: '1 in 9: the circuit', s: 'sent', t: 'streaming', d: 'done' });
  expectObservable(source.pipe(mergeMap(() => text(client, 'm')))).toBe('-(xx)');
});

marbles('Without the option nobody is held', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('   (abcdefgh|)');
  const client = clientOfModels({ m: { max_concurrent: 1 } }, { m: cold('d|', down) });
  expectObservable(circuitOf(client), '29ms !').toBe('');
  expectObservable(source.pipe(mergeMap(() => text(client, 'm')))).toBe('-xxxxxxx(x|)');
});
