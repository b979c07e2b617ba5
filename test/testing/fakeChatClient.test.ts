import {
  ApiError,
  AuthenticationError,
  type ChatChunk,
  type ChatFailure,
  type ChatRequest,
  contentDeltas,
  RateLimitError,
  RequestTooLargeError,
} from 'rx-groq';
import { delta, fakeChatClient, finish } from 'rx-groq/testing';
import { filter, map, merge, mergeMap, NEVER, of, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';

const ask: ChatRequest = { model: 'any', messages: [{ role: 'user', content: 'Hello' }] };
const inVirtualTime = (test: Parameters<TestScheduler['run']>[0]): void => {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
};
const kindOf = (error: ChatFailure): string => error.kind;

describe('fakeChatClient', () => {
  it('answers with the deltas of a marble diagram, in its time', () => {
    inVirtualTime(({ cold, expectObservable }) => {
      const answer = cold('           --a-b|');
      const client = fakeChatClient({ answer: () => answer });
      expectObservable(client.stream(ask).pipe(contentDeltas())).toBe('--a-b|');
    });
  });

  it('closes the connection when it is unsubscribed', () => {
    inVirtualTime(({ cold, expectObservable, expectSubscriptions }) => {
      const answer = cold('--a-b-c|');
      const until = '      ---!';
      const client = fakeChatClient({ answer: () => answer });
      expectObservable(client.stream(ask).pipe(contentDeltas()), until).toBe('--a');
      expectSubscriptions(answer.subscriptions).toBe('^--!');
    });
  });

  it('sees the request as it is sent', () => {
    const seen: ChatRequest[] = [];
    const client = fakeChatClient({
      answer: request => {
        seen.push(request);
        return of('!');
      },
    });
    client.complete({ ...ask, priority: 2, temperature: 0 }).subscribe();
    expect(seen).toEqual([{ ...ask, stream: true, stream_options: { include_usage: true }, temperature: 0 }]);
  });

  it('adds the end that an answer does not have, with a token a delta', () => {
    const chunks: ChatChunk[] = [];
    fakeChatClient({ answer: () => of('a', 'b') })
      .stream(ask)
      .subscribe(chunk => chunks.push(chunk));
    expect(chunks).toEqual([delta('a'), delta('b'), finish({ completion_tokens: 2 })]);
  });

  it('takes an end that it has, with the usage it reports', () => {
    const chunks: ChatChunk[] = [];
    const end = finish({ prompt_tokens: 3, completion_tokens: 9 }, 'length');
    fakeChatClient({ answer: () => of(delta('a'), end) })
      .stream(ask)
      .subscribe(chunk => chunks.push(chunk));
    expect(chunks).toEqual([delta('a'), end]);
    expect(end.usage?.total_tokens).toBe(12);
  });

  it('gives whole answers the same way, streamed or not', () => {
    for (const stream of [true, false]) {
      const contents: (string | null)[] = [];
      fakeChatClient({ answer: () => of('a', 'b') })
        .complete({ ...ask, stream })
        .subscribe(({ choices }) => contents.push(choices[0].message.content));
      expect(contents).toEqual(['ab']);
    }
  });

  it('paces by its config: the next goes a window after the head of the one before', () => {
    inVirtualTime(({ cold, expectObservable }) => {
      const config = { '*': { base_url: 'http://fake.invalid', windows: [{ limit: 1, per: 100 }] } };
      const client = fakeChatClient({ config, answer: () => cold('-(a|)') });
      const answers$ = of('a', 'b').pipe(
        mergeMap(content => client.complete({ ...ask, messages: [{ role: 'user', content }] })),
        map(() => 'x'),
      );
      expectObservable(answers$).toBe('-x 100ms (x|)');
    });
  });

  it.each([
    ['after 20 ms', {}, '20ms h'],
    ['when it is told to', { head: 5 }, '5ms h'],
  ])('sends the head %s, if nothing comes before', (_, options, expected) => {
    inVirtualTime(({ expectObservable }) => {
      const client = fakeChatClient({ ...options, answer: () => NEVER });
      const heads$ = client.events$.pipe(
        filter(({ type }) => type === 'head'),
        map(() => 'h'),
      );
      expectObservable(merge(heads$, client.stream(ask)), '50ms !').toBe(expected);
    });
  });
});

describe('errors of an answer', () => {
  it.each([
    [new RateLimitError('slow down', { retryAfterMs: 50 }), 'rate_limit'],
    [new ApiError('no such thing', { status: 404, code: 'model_not_found' }), 'api'],
    [new AuthenticationError('who are you', { status: 401 }), 'authentication'],
    [new RequestTooLargeError('Request too large', { requested: 9, limit: 5 }), 'request_too_large'],
    [new Error('no network'), 'connection'],
  ])('%s before anything has come is that status, or a connection that fails', (error, kind) => {
    const kinds: string[] = [];
    const client = fakeChatClient({
      answer: () => throwError(() => error),
      retry: { maxRetries: 0, maxRefusals: 0 },
    });
    client.stream(ask).subscribe({ error: (failure: ChatFailure) => kinds.push(kindOf(failure)) });
    expect(kinds).toEqual([kind]);
  });

  it('a refusal goes back into line and is sent again when it was told to', () => {
    inVirtualTime(({ cold, expectObservable }) => {
      const answers = [cold('-#', undefined, new RateLimitError('try later', { retryAfterMs: 30 })), cold('-a|')];
      const client = fakeChatClient({ answer: () => answers.shift()! });
      expectObservable(client.stream(ask).pipe(contentDeltas())).toBe('- 30ms -a|');
    });
  });

  it('in mid-stream break the answer off', () => {
    inVirtualTime(({ cold, expectObservable }) => {
      const client = fakeChatClient({ answer: () => cold('--a-#') });
      const text$ = client.stream(ask).pipe(contentDeltas());
      const broken = expect.objectContaining({ kind: 'stream_broken' });
      expectObservable(text$).toBe('--a-#', undefined, broken);
    });
  });
});
