import { type ChatConfig, contentDeltas, createChatClient } from 'rx-groq';
import { map, mergeMap } from 'rxjs';
import { answer, ask, clientOf, config } from './support/chat.js';
import { errorKind, marbles } from './support/marbles.js';

const perTen = (limit: number) => ({ windows: [{ limit, per: 10 }] });

marbles('New limits hold for what has not been sent; use is kept, and the line keeps its order', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const response = cold('(hX.|)', answer);
  const reload = cold(' ---r');
  //  1 per 10 ms        a--|
  //  2 per 10 ms        a---------|           a still counts: one more goes at once, the next when a is 10 old
  //                        b---------|
  const atext = '        (X|)';
  const btext = '        ---(X|)';
  const ctext = '        ----------(X|)';
  const client = clientOf(perTen(1), { a: response, b: response, c: response });
  const text = (letter: string) => client.stream(ask(letter)).pipe(contentDeltas());
  expectObservable(text('a')).toBe(atext);
  expectObservable(text('b')).toBe(btext);
  expectObservable(text('c')).toBe(ctext);
  expectObservable(
    reload.pipe(
      mergeMap(() => client.reloadConfig(config(perTen(2)))),
      map(() => 'r'),
    ),
  ).toBe('---r');
  expectSubscriptions(response.subscriptions).toBe(['(^!)', '---(^!)', '----------(^!)']);
});

marbles('Removing a model fails its waiting requests; those in flight go on', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const a = cold('       h--X-.|', answer);
  const reload = cold('  --r');
  const asubs = '        ^----!';
  const atext = '        ---X-|';
  const btext = '        --#';
  const client = clientOf(perTen(1), { a });
  const text = (letter: string) => client.stream(ask(letter)).pipe(contentDeltas(), errorKind());
  expectObservable(text('a')).toBe(atext);
  expectObservable(text('b')).toBe(btext, undefined, 'request_invalid');
  expectObservable(
    reload.pipe(
      mergeMap(() => client.reloadConfig({ other: {} })),
      map(() => 'r'),
    ),
  ).toBe('--r');
  expectSubscriptions(a.subscriptions).toBe(asubs);
});

marbles('A broken configuration changes nothing', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const response = cold('(hX.|)', answer);
  const reload = cold(' ---r');
  //  1 per 10 ms        a---------|
  const atext = '        (X|)';
  const btext = '        ----------(X|)';
  const client = clientOf(perTen(1), { a: response, b: response });
  const text = (letter: string) => client.stream(ask(letter)).pipe(contentDeltas());
  expectObservable(text('a')).toBe(atext);
  expectObservable(text('b')).toBe(btext);
  const reloaded = reload.pipe(
    mergeMap(() => client.reloadConfig(config(perTen(-2)))),
    errorKind(),
  );
  expectObservable(reloaded).toBe('---#', undefined, 'config');
  expectSubscriptions(response.subscriptions).toBe(['(^!)', '----------(^!)']);
});

marbles('Requests wait for the first configuration of an Observable, and follow each that comes', helpers => {
  const { cold, hot, expectObservable, expectSubscriptions } = helpers;
  const configs: Record<string, ChatConfig> = { 1: config(perTen(1)), 2: config(perTen(2)) };
  const config$ = hot('  --1--2', configs);
  const response = cold('(hX.|)', answer);
  //  1, 2 per 10 ms       a--|
  //                       a---------|
  //                          b---------|
  const atext = '        --(X|)';
  const btext = '        -----(X|)';
  const ctext = '        ------------(X|)';
  const client = createChatClient(config$, {
    transport: () => response,
    tokenCounter: () => 10,
  });
  const text = (letter: string) => client.stream(ask(letter)).pipe(contentDeltas());
  expectObservable(text('a')).toBe(atext);
  expectObservable(text('b')).toBe(btext);
  expectObservable(text('c')).toBe(ctext);
  expectSubscriptions(response.subscriptions).toBe(['--(^!)', '-----(^!)', '------------(^!)']);
  expectSubscriptions(config$.subscriptions).toBe('^');
});
