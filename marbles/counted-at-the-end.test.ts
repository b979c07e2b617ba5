import { contentDeltas } from 'rx-groq';
import { answer, ask, clientOf, end } from './support/chat.js';
import { marbles } from './support/marbles.js';

const windows = [{ limit: 100, per: 20, unit: 'tokens' }] as const;
const want = { max_completion_tokens: 90 };

marbles('A server that counts an answer as it ends has its tokens counted from there', helpers => {
  const { cold, expectObservable } = helpers;
  const a = cold('       -h----X-.|', { ...answer, '.': end(10, 90) });
  const plain = cold('   (hX.|)', answer);
  //  100 per 20         aA-------E-------------------|
  const btext = '        28ms (X|)';
  const client = clientOf({ windows, count_from: 'end' }, { a, b: plain });
  expectObservable(client.stream(ask('a', want)).pipe(contentDeltas())).toBe('------X-|');
  expectObservable(client.stream(ask('b', want)).pipe(contentDeltas())).toBe(btext);
});

marbles('What it did not use is free at the end, and the request itself counts from its acknowledgement', helpers => {
  const { cold, expectObservable } = helpers;
  const a = cold('       -h----X-.|', { ...answer, '.': end(10, 40) });
  const plain = cold('   (hX.|)', answer);
  const ask50 = { max_completion_tokens: 40 };
  //  100 per 20 tokens  aA------E-------------------|       50 of 100
  //  2 per 20 requests  aA-------------------|
  //                             b                           has 50 tokens and a request
  //                                          c              a's request is gone, but b's 50 tokens are not
  const client = clientOf(
    { windows: [...windows, { limit: 2, per: 20 }], count_from: 'end', refund: 'usage' },
    { a, b: plain, c: plain },
  );
  expectObservable(client.stream(ask('a', want)).pipe(contentDeltas())).toBe('------X-|');
  expectObservable(client.stream(ask('b', ask50)).pipe(contentDeltas())).toBe('--------(X|)');
  expectObservable(client.stream(ask('c', ask50)).pipe(contentDeltas())).toBe('28ms (X|)');
});
