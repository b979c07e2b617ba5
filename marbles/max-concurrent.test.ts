import { contentDeltas, rateWindowMap } from 'rx-groq';
import { map, mergeMap } from 'rxjs';
import { answer, ask, clientOf, config, head } from './support/chat.js';
import { errorKind, marbles } from './support/marbles.js';

const wide = { limit: 100, per: 5 };

marbles('No more than maxConcurrent at once: the end of one is the beginning of the next', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abcd|)');
  const subs = '        (^!)';
  const inners = {
    a: cold('           --a---|'),
    b: cold('           -b-|'),
    c: cold('              -c---|'),
    d: cold('                 d|'),
  };
  const asubs = '       ^-----!';
  const bsubs = '       ^--!';
  const csubs = '       ---^----!';
  const dsubs = '       ------^!';
  const expected = '    -ba-c-d-|';
  const operator = rateWindowMap(wide, (letter: string) => inners[letter as keyof typeof inners], { maxConcurrent: 2 });
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(inners.a.subscriptions).toBe(asubs);
  expectSubscriptions(inners.b.subscriptions).toBe(bsubs);
  expectSubscriptions(inners.c.subscriptions).toBe(csubs);
  expectSubscriptions(inners.d.subscriptions).toBe(dsubs);
});

marbles('The most urgent takes the place that comes free', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' abU|');
  const subs = '        ^--!';
  const inner = cold('  x---|');
  const asubs = '       ^---!';
  const bsubs = '       ----^---!';
  const csubs = '       --------^---!';
  const expected = '    a---U---b---|';
  const operator = rateWindowMap(wide, (letter: string) => inner.pipe(map(() => letter)), {
    maxConcurrent: 1,
    priority: letter => (letter === 'U' ? 1 : 5),
  });
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(inner.subscriptions).toBe([asubs, bsubs, csubs]);
});

marbles('However a request ends in the client, its place is free', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const broken = cold('     hX#', answer);
  const refused = cold('    -u|', { u: head(401) });
  const cancelled = cold('  h', answer);
  const whole = cold('      hX.|', answer);
  const unsub = '           ^------!';
  const brokenSubs = '      ^-!';
  const refusedSubs = '     --^-!';
  const cancelledSubs = '   ----^--!';
  const wholeSubs = '       -------^-!';
  const client = clientOf({ max_concurrent: 1 }, { a: broken, b: refused, c: cancelled, d: whole });
  const text = (letter: string) => client.stream(ask(letter)).pipe(contentDeltas(), errorKind());
  expectObservable(text('a')).toBe('-X#', undefined, 'stream_broken');
  expectObservable(text('b')).toBe('----#', undefined, 'authentication');
  expectObservable(text('c'), unsub).toBe('--------');
  expectObservable(text('d')).toBe('--------X|');
  expectSubscriptions(broken.subscriptions).toBe(brokenSubs);
  expectSubscriptions(refused.subscriptions).toBe(refusedSubs);
  expectSubscriptions(cancelled.subscriptions).toBe(cancelledSubs);
  expectSubscriptions(whole.subscriptions).toBe(wholeSubs);
});

marbles('A configuration that raises max_concurrent lets the next go at once', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const a = cold('      h------.|', answer);
  const b = cold('        hX.|', answer);
  const reload = cold(' --r');
  const asubs = '       ^------!';
  const bsubs = '       --^-!';
  const client = clientOf({ max_concurrent: 1 }, { a, b });
  const text = (letter: string) => client.stream(ask(letter)).pipe(contentDeltas());
  expectObservable(text('a')).toBe('-------|');
  expectObservable(text('b')).toBe('---X|');
  const reloaded = reload.pipe(mergeMap(() => client.reloadConfig(config({ max_concurrent: 2 }))));
  expectObservable(reloaded.pipe(map(() => 'r'))).toBe('--r');
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
});
