import { type ChatResult, contentDeltas } from 'rx-groq';
import { map } from 'rxjs';
import { answer, ask, clientOf, head } from './support/chat.js';
import { errorKind, marbles } from './support/marbles.js';

const withRefusals = { ...answer, u: head(401), e: head(400) };

marbles('An error ends the one request that it belongs to', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const a = cold('  h--A.|', answer);
  const b = cold('  -u|', withRefusals);
  const c = cold('            h-C.|', answer);
  //  2 per 10 ms   a---------|               b, refused at 1, was counted: c goes as if it had been answered
  //                bu---------|
  const asubs = '   ^---!';
  const bsubs = '   ^-!';
  const csubs = '   ----------^--!';
  const atext = '   ---A|';
  const btext = '   --#';
  const ctext = '   ------------C|';
  const client = clientOf({ windows: [{ limit: 2, per: 10 }] }, { a, b, c });
  const text = (letter: string) => client.stream(ask(letter)).pipe(contentDeltas(), errorKind());
  expectObservable(text('a')).toBe(atext);
  expectObservable(text('b')).toBe(btext, undefined, 'authentication');
  expectObservable(text('c')).toBe(ctext);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
  expectSubscriptions(c.subscriptions).toBe(csubs);
});

marbles('A stream that breaks off ends its own request alone', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const a = cold('  hA--A.|', answer);
  const b = cold('  h-B#', answer);
  const c = cold('  h-C|', answer);
  const asubs = '   ^----!';
  const bsubs = '   ^--!';
  const csubs = '   ^--!';
  const atext = '   -A--A|';
  const btext = '   --B#';
  const ctext = '   --C#';
  const client = clientOf({}, { a, b, c });
  const text = (letter: string) => client.stream(ask(letter)).pipe(contentDeltas(), errorKind());
  expectObservable(text('a')).toBe(atext);
  expectObservable(text('b')).toBe(btext, undefined, 'stream_broken');
  expectObservable(text('c')).toBe(ctext, undefined, 'stream_broken');
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
  expectSubscriptions(c.subscriptions).toBe(csubs);
});

marbles('completeEach gives each failure as a result, in the order in which they finish', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abc|)');
  const subs = '        (^!)';
  const a = cold('      h----A.|', answer);
  const b = cold('      -e|', withRefusals);
  const c = cold('      h--C.|', answer);
  const asubs = '       ^-----!';
  const bsubs = '       ^-!';
  const csubs = '       ^---!';
  const expected = '    --b-C-(A|)';
  const client = clientOf({}, { a, b, c });
  const outcome = map((result: ChatResult) =>
    result.ok ? result.completion.choices[0]?.message.content : result.error.kind,
  );
  const answers = source.pipe(
    map(letter => ask(letter)),
    client.completeEach(),
    outcome,
  );
  expectObservable(answers).toBe(expected, { A: 'A', C: 'C', b: 'api' });
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
  expectSubscriptions(c.subscriptions).toBe(csubs);
});
