import { contentDeltas } from 'rx-groq';
import { ignoreElements, map, mergeMap, startWith } from 'rxjs';
import { answer, ask, clientOf } from './support/chat.js';
import { marbles } from './support/marbles.js';

marbles('While the gate is closed nothing is sent, and nothing in line is lost', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('  a--b--c-----d-e');
  const gate$ = cold('   --f-----t--f--t', { t: true, f: false });
  const response = cold('(hX.|)', answer);
  const answers = Object.fromEntries([...'abcde'].map(letter => [letter, response]));
  const expected = '     a-------(bc)--(de)';
  const client = clientOf({}, answers, { gate$ });
  const answered = source.pipe(mergeMap(letter => client.complete(ask(letter)).pipe(map(() => letter))));
  expectObservable(answered, '30ms !').toBe(expected);
});

marbles('A gate for each model', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  // Asked when the line is opened, at 2.
  const gate$ = cold<boolean>('----t', { t: true });
  const response = cold('(hX.|)', answer);
  const client = clientOf(
    {},
    { a: response },
    { gate$: model => (model === 'm' ? gate$.pipe(startWith(false)) : undefined) },
  );
  expectObservable(cold('--a').pipe(client.streamMap(ask, chunks$ => chunks$.pipe(contentDeltas()))), '8ms !').toBe(
    '------X',
  );
  expectObservable(
    cold('---------c').pipe(
      mergeMap(() => client.close()),
      ignoreElements(),
    ),
  ).toBe('');
  expectSubscriptions(gate$.subscriptions).toBe('--^------!');
});
