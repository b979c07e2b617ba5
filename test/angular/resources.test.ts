// @vitest-environment happy-dom
import {
  ApplicationRef,
  createEnvironmentInjector,
  EnvironmentInjector,
  effect,
  PLATFORM_ID,
  signal,
} from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { ApiError, type ChatRequest } from 'rx-groq';
import {
  CHAT_CLIENT,
  type ChatResource,
  type ChatResourceOptions,
  ChatTestingController,
  chatResource,
  objectResource,
  provideChatClient,
  provideChatClientTesting,
} from 'rx-groq/angular';
import { fakeChatClient } from 'rx-groq/testing';
import { Subject } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { configure } from './harness.js';

const request = (content: string): ChatRequest => ({ model: 'any', messages: [{ role: 'user', content }] });

/** Angular loads a resource in an effect, and takes its stream a promise later. */
async function turn(): Promise<void> {
  TestBed.tick();
  await new Promise(resolve => setImmediate(resolve));
}

/** A resource whose question is a signal, with a network that the test answers for. */
function asked(first: string | undefined, options?: ChatResourceOptions) {
  configure(provideChatClientTesting());
  const question = signal(first);
  const resource = TestBed.runInInjectionContext(() =>
    chatResource(() => {
      const content = question();
      return content === undefined ? undefined : request(content);
    }, options),
  );
  return { question, resource, network: TestBed.inject(ChatTestingController) };
}

const shown = ({ value, status, progress }: ChatResource<string>) => [value(), status(), progress().state];

describe('chatResource', () => {
  it('asks for nothing until there is something to ask', async () => {
    const { question, resource, network } = asked(undefined);
    await turn();
    expect(shown(resource)).toEqual(['', 'idle', 'idle']);
    network.verify();
    question.set('Hello');
    expect(shown(resource)).toEqual(['', 'loading', 'queued']);
    await turn();
    network.expectOne('Hello').flushDeltas('Hi');
    await turn();
    expect(shown(resource)).toEqual(['Hi', 'resolved', 'done']);
    question.set(undefined);
    expect(shown(resource)).toEqual(['', 'idle', 'idle']);
  });

  it('grows while the answer comes, and ends with the completion', async () => {
    const { resource, network } = asked('Hello');
    await turn();
    expect(shown(resource)).toEqual(['', 'loading', 'sent']);
    const sent = network.expectOne();
    sent.emit('Hi');
    await turn();
    expect(shown(resource)).toEqual(['Hi', 'resolved', 'streaming']);
    sent.emit(' the');
    expect(shown(resource)).toEqual(['Hi the', 'resolved', 'streaming']);
    sent.flushDeltas('re');
    expect(resource.value()).toBe('Hi there');
    expect(resource.progress()).toMatchObject({
      state: 'done',
      completion: { choices: [{ message: { content: 'Hi there' } }] },
    });
  });

  it('cancels a request that has changed, and shows nothing of it any more', async () => {
    const { question, resource, network } = asked('one');
    await turn();
    const first = network.expectOne('one');
    first.emit('1');
    await turn();
    question.set('two');
    expect(shown(resource)).toEqual(['', 'loading', 'queued']);
    await turn();
    expect(first.cancelled).toBe(true);
    network.expectOne('two').flushDeltas('2');
    await turn();
    expect(shown(resource)).toEqual(['2', 'resolved', 'done']);
  });

  it('keeps the answer while it is reloaded', async () => {
    const { resource, network } = asked('Hello');
    await turn();
    network.expectOne().flushDeltas('Hi');
    await turn();
    expect(resource.reload()).toBe(true);
    expect(shown(resource)).toEqual(['Hi', 'reloading', 'queued']);
    await turn();
    expect(shown(resource)).toEqual(['Hi', 'reloading', 'sent']);
    network.expectOne().flushDeltas('Good day');
    await turn();
    expect(shown(resource)).toEqual(['Good day', 'resolved', 'done']);
  });

  it('stop closes the connection and keeps what has come', async () => {
    const { resource, network } = asked('Hello');
    await turn();
    const sent = network.expectOne();
    sent.emit('Hi th');
    await turn();
    resource.stop();
    expect(sent.cancelled).toBe(true);
    expect(shown(resource)).toEqual(['Hi th', 'local', 'stopped']);
    resource.set('mine');
    resource.stop();
    expect(shown(resource)).toEqual(['mine', 'local', 'stopped']);
  });

  it('stop before anything has come ends the waiting', async () => {
    const { resource, network } = asked('Hello');
    await turn();
    resource.stop();
    expect(network.expectOne().cancelled).toBe(true);
    expect(shown(resource)).toEqual(['', 'local', 'stopped']);
    await TestBed.inject(ApplicationRef).whenStable();
  });

  it('tells a failure', async () => {
    const { resource, network } = asked('Hello');
    await turn();
    network.expectOne().error(new ApiError('no such model', { status: 404 }));
    await turn();
    expect(resource.status()).toBe('error');
    expect(resource.hasValue()).toBe(false);
    expect(resource.error()).toMatchObject({ kind: 'api', status: 404 });
    expect(resource.progress()).toMatchObject({ state: 'error', error: { kind: 'api' } });
    resource.reload();
    await turn();
    network.expectOne().flushDeltas('Hi');
    await turn();
    expect(shown(resource)).toEqual(['Hi', 'resolved', 'done']);
  });

  it('tells place and time in line', async () => {
    const config = { '*': { base_url: 'http://fake.invalid/v1', windows: [{ limit: 1, per: '1h' as const }] } };
    configure(provideChatClient(config), provideChatClientTesting());
    const [first, second] = TestBed.runInInjectionContext(() =>
      ['one', 'two'].map(content => chatResource(() => request(content))),
    );
    await turn();
    TestBed.inject(ChatTestingController).expectOne('one').flushDeltas('1');
    await turn();
    expect(shown(first!)).toEqual(['1', 'resolved', 'done']);
    expect(second!.status()).toBe('loading');
    expect(second!.progress()).toEqual({
      state: 'queued',
      position: 1,
      etaMs: expect.any(Number),
      waitingFor: 'requests per 1h',
    });
  });

  it('ends with its injection context, wherever it is made', async () => {
    configure(provideChatClientTesting());
    expect(() => chatResource(() => request('Hello'))).toThrow(/chatResource\(\) can only be used within/);
    const injector = createEnvironmentInjector([], TestBed.inject(EnvironmentInjector));
    const resource = chatResource(() => request('Hello'), { injector });
    await turn();
    const sent = TestBed.inject(ChatTestingController).expectOne();
    injector.destroy();
    expect(sent.cancelled).toBe(true);
    expect(shown(resource)).toEqual(['', 'idle', 'idle']);
    await TestBed.inject(ApplicationRef).whenStable();
  });

  it('a frame has one write at most, however fast the deltas come', async () => {
    const frames: FrameRequestCallback[] = [];
    vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => frames.push(callback));
    vi.stubGlobal('cancelAnimationFrame', () => {});
    onTestFinished(() => void vi.unstubAllGlobals());
    const nextFrame = async (): Promise<void> => {
      for (const callback of frames.splice(0)) callback(0);
      await turn();
    };
    const answer = new Subject<string>();
    configure({ provide: CHAT_CLIENT, useValue: fakeChatClient({ answer: () => answer }) });
    const resource = TestBed.runInInjectionContext(() => chatResource(() => request('Hello')));
    const seen: string[] = [];
    TestBed.runInInjectionContext(() => effect(() => void seen.push(resource.value())));
    await turn();
    await nextFrame();
    for (let index = 0; index < 1000; index++) answer.next(`${index} `);
    expect(resource.value()).toBe('');
    await nextFrame();
    answer.next('and');
    answer.complete();
    await nextFrame();
    expect(seen.map(text => text.length)).toEqual([0, 3890, 3893]);
  });
});

describe('on the server', () => {
  const rendering = { provide: PLATFORM_ID, useValue: 'server' };

  it('nothing is sent', async () => {
    configure(provideChatClientTesting(), rendering);
    const resource = TestBed.runInInjectionContext(() => chatResource(() => request('Hello')));
    await turn();
    TestBed.inject(ChatTestingController).verify();
    expect(shown(resource)).toEqual(['', 'idle', 'idle']);
    await TestBed.inject(ApplicationRef).whenStable();
  });

  it('unless it is asked for: then the page waits for the whole answer, not for its first part', async () => {
    const answer = new Subject<string>();
    configure({ provide: CHAT_CLIENT, useValue: fakeChatClient({ answer: () => answer }) }, rendering);
    const resource = TestBed.runInInjectionContext(() => chatResource(() => request('Hello'), { onServer: true }));
    await turn();
    let rendered: string | undefined;
    const page = TestBed.inject(ApplicationRef)
      .whenStable()
      .then(() => {
        rendered = resource.value();
      });
    answer.next('Hi');
    await turn();
    expect([resource.value(), rendered]).toEqual(['Hi', undefined]);
    answer.next('!');
    answer.complete();
    await page;
    expect(rendered).toBe('Hi!');
  });
});

describe('objectResource', () => {
  const Town = z.object({ name: z.string(), people: z.number().int(), rivers: z.array(z.string()) });
  const town = (fields?: Partial<ChatRequest>) => {
    configure(provideChatClientTesting());
    const resource = TestBed.runInInjectionContext(() =>
      objectResource(Town, () => ({ ...request('Bern'), ...fields })),
    );
    return { resource, network: TestBed.inject(ChatTestingController) };
  };

  it('fills while the model writes; the whole is checked by the schema', async () => {
    const { resource, network } = town();
    await turn();
    expect([resource.value(), resource.result(), resource.progress().state]).toEqual([undefined, undefined, 'sent']);
    const sent = network.expectOne('Bern');
    expect(sent.request.response_format).toMatchObject({ type: 'json_schema', json_schema: { strict: true } });
    sent.emit('{"name":"Be');
    await turn();
    expect(resource.value()).toEqual({ name: 'Be' });
    sent.emit('rn","people":1349', '00,"rivers":["Aa');
    expect(resource.value()).toEqual({ name: 'Bern', people: 134_900, rivers: ['Aa'] });
    expect([resource.result(), resource.progress().state]).toEqual([undefined, 'streaming']);
    sent.flushDeltas('re"]}');
    await turn();
    expect(resource.result()).toEqual({ name: 'Bern', people: 134_900, rivers: ['Aare'] });
    expect(resource.value()).toBe(resource.result());
    expect(resource.progress().state).toBe('done');
  });

  it('keeps a format that the request brings', async () => {
    const { network } = town({ response_format: { type: 'json_object' } });
    await turn();
    expect(network.expectOne().request.response_format).toEqual({ type: 'json_object' });
  });

  it.each([
    ['does not fit', ['{"name":"Bern","people":"many","rivers":[]}'], 'schema'],
    ['is no JSON', ['Here you are: '], 'not_json'],
    ['ends early', ['{"name":"Be'], 'cut'],
  ] as const)('tells that an answer %s, with its text', async (_, deltas, reason) => {
    const { resource, network } = town();
    await turn();
    const sent = network.expectOne();
    sent.emit(...deltas);
    if (!sent.cancelled) sent.flushDeltas();
    await turn();
    expect(resource.error()).toMatchObject({ kind: 'answer_invalid', reason, text: deltas[0] });
    expect([resource.status(), resource.result()]).toEqual(['error', undefined]);
  });

  it('takes what a schema itself throws for an answer that could not be checked', async () => {
    configure(provideChatClientTesting());
    const broken = z.object({
      a: z.number().refine(() => {
        throw new RangeError('oh');
      }),
    });
    const resource = TestBed.runInInjectionContext(() => objectResource(broken, () => request('Hello')));
    await turn();
    TestBed.inject(ChatTestingController).expectOne().flushDeltas('{"a":1}');
    await turn();
    expect(resource.error()).toMatchObject({ kind: 'answer_invalid', text: '{"a":1}', cause: { message: 'oh' } });
  });

  it('refuses a schema that cannot be sent', () => {
    configure(provideChatClientTesting());
    const make = () => objectResource(z.string().transform(Number), () => request('Hello'));
    expect(() => TestBed.runInInjectionContext(make)).toThrow(TypeError);
  });
});
