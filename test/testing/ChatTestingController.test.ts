import { ApiError, type ChatFailure, type ChatRequest, contentDeltas, toText } from 'rx-groq';
import { ChatTestingController, fakeChatClient } from 'rx-groq/testing';
import { map, mergeMap, of, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';

const ask = (content: string): ChatRequest => ({ model: 'any', messages: [{ role: 'user', content }] });
const lastOf = ({ messages }: ChatRequest): unknown => messages.at(-1)?.content;
const inVirtualTime = (test: Parameters<TestScheduler['run']>[0]): void => {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
};

describe('ChatTestingController as the network of a fake client', () => {
  it('answers what is expected, and has nothing left to verify', () => {
    const network = new ChatTestingController();
    const texts: string[] = [];
    const client = fakeChatClient({ answer: network.answer });
    client
      .stream(ask('Hello'))
      .pipe(toText())
      .subscribe(text => texts.push(text));
    expect(() => network.verify()).toThrow('any "Hello"');
    network.expectOne('Hello').flush(['Hi', '!']);
    expect(texts).toEqual(['Hi!']);
    network.verify();
  });

  it('tells by a diagram what was sent when', () => {
    inVirtualTime(({ expectObservable }) => {
      const network = new ChatTestingController();
      const config = { any: { base_url: 'http://fake.invalid/v1', windows: [{ limit: 1, per: 10 }] } };
      const client = fakeChatClient({ answer: network.answer, config, maxFlight: 0 });
      const asking$ = of('a', 'b').pipe(mergeMap(content => client.stream(ask(content))));
      const sent$ = network.sent$.pipe(map(({ request, sentAt }) => `${lastOf(request)} at ${sentAt}`));
      expectObservable(sent$, '20ms !').toBe('a 9ms b', { a: 'a at 0', b: 'b at 10' });
      expectObservable(asking$, '20ms !').toBe('');
    });
  });

  it('answers in the time of a diagram, until it is cancelled', () => {
    inVirtualTime(({ cold, expectObservable, expectSubscriptions }) => {
      const network = new ChatTestingController();
      const answer = cold('--a-b-c|');
      const client = fakeChatClient({ answer: network.answer });
      expectObservable(client.stream(ask('Hello')).pipe(contentDeltas()), '---- !').toBe('1ms --a');
      timer(1).subscribe(() => network.expectOne().flush(answer));
      expectSubscriptions(answer.subscriptions).toBe(' -^--!');
    });
  });

  it('fails a request with the status of its error', () => {
    const network = new ChatTestingController();
    const kinds: string[] = [];
    const client = fakeChatClient({ answer: network.answer, retry: { maxRetries: 0 } });
    client.stream(ask('Hello')).subscribe({ error: ({ kind }: ChatFailure) => kinds.push(kind) });
    network.expectOne().fail(new ApiError('no such model', { status: 404 }));
    client.stream(ask('Hello')).subscribe({ error: ({ kind }: ChatFailure) => kinds.push(kind) });
    network.expectOne().fail();
    expect(kinds).toEqual(['api', 'connection']);
  });

  it('knows what was cancelled; to answer it then is a mistake of the test', () => {
    const network = new ChatTestingController();
    fakeChatClient({ answer: network.answer }).stream(ask('Hello')).subscribe().unsubscribe();
    network.verify({ ignoreCancelled: true });
    const sent = network.expectOne();
    expect(sent.cancelled).toBe(true);
    expect(() => sent.flush(['Hi'])).toThrow('has been cancelled already');
  });
});
