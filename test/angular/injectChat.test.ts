// @vitest-environment happy-dom
import {
  ApplicationRef,
  createEnvironmentInjector,
  EnvironmentInjector,
  effect,
  PLATFORM_ID,
  runInInjectionContext,
  signal,
} from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { ApiError, type ResponseHead } from 'rx-groq';
import {
  CHAT_CLIENT,
  ChatTestingController,
  injectChat,
  provideChatClient,
  provideChatClientTesting,
  withInterceptors,
} from 'rx-groq/angular';
import { fakeChatClient } from 'rx-groq/testing';
import { firstValueFrom, from, Subject } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { configure, talk } from './harness.js';

const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });

describe('a conversation', () => {
  it('is idle before anybody has spoken', () => {
    const { chat, network } = talk();
    expect(chat.status()).toEqual({ state: 'idle' });
    expect([chat.messages(), chat.answer(), chat.error(), chat.queuePosition()]).toEqual([[], '', undefined, null]);
    expect([chat.streaming(), chat.busy()]).toEqual([false, false]);
    network.verify();
  });

  it('shows the answer as it grows, then among the messages', () => {
    const { chat, network } = talk();
    chat.send('Hello');
    expect(chat.messages()).toEqual([user('Hello')]);
    expect(chat.status().state).toBe('sent');
    expect([chat.busy(), chat.streaming()]).toEqual([true, false]);

    const sent = network.expectOne();
    sent.emit('Hi');
    expect([chat.answer(), chat.streaming(), chat.busy()]).toEqual(['Hi', true, true]);
    expect(chat.messages()).toEqual([user('Hello')]);
    sent.flushDeltas(' the', 're');
    expect([chat.answer(), chat.streaming(), chat.busy()]).toEqual(['Hi there', false, false]);
    expect(chat.messages()).toEqual([user('Hello'), assistant('Hi there')]);
    expect(chat.status()).toMatchObject({
      state: 'done',
      completion: { choices: [{ message: assistant('Hi there'), finish_reason: 'stop' }] },
    });
  });

  it('sends all that was said, the system text first, and the fields that were given', () => {
    const { chat, network } = talk({ system: 'Be brief.', request: { temperature: 0 } });
    chat.send('one');
    network.expectOne('one').flushDeltas('1');
    chat.send({ role: 'user', content: [{ type: 'text', text: 'two' }] });
    const { request } = network.expectOne('two');
    expect(request).toMatchObject({ model: 'any', temperature: 0 });
    expect(request.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      user('one'),
      assistant('1'),
      { role: 'user', content: [{ type: 'text', text: 'two' }] },
    ]);
    expect(chat.messages()).toHaveLength(3);
  });

  it('asks for model, system text and fields anew each time, and does not tie an effect to them', () => {
    const model = signal('small');
    const options = { model, system: () => `You are ${model()}.`, request: () => ({ user: model() }) };
    const { chat, network } = talk(options);
    let runs = 0;
    TestBed.runInInjectionContext(() =>
      effect(() => {
        runs++;
        chat.send('Hello');
      }),
    );
    TestBed.tick();
    network.expectOne().flushDeltas('Hi');
    model.set('large');
    TestBed.tick();
    expect(runs).toBe(1);
    chat.send('again');
    const { request } = network.expectOne('large');
    expect(request).toMatchObject({ model: 'large', user: 'large' });
    expect(request.messages[0]).toEqual({ role: 'system', content: 'You are large.' });
  });

  it('tells a failure, and keeps what had come', () => {
    const { chat, network } = talk();
    chat.send('Hello');
    const error = new ApiError('no such model', { status: 404 });
    network.expectOne().error(error);
    expect(chat.error()).toMatchObject({ kind: 'api', status: 404 });
    expect(chat.status()).toMatchObject({ state: 'error', error: { kind: 'api' } });
    chat.retry();
    expect(chat.error()).toBeUndefined();
    const sent = network.expectOne();
    sent.emit('Hi');
    sent.error();
    expect(chat.error()).toMatchObject({ kind: 'stream_broken' });
    expect([chat.answer(), chat.busy()]).toEqual(['Hi', false]);
    expect(chat.messages()).toEqual([user('Hello')]);
  });
});

describe('commands', () => {
  it('stop closes the connection and keeps what has come', () => {
    const { chat, network } = talk();
    chat.send('Hello');
    const sent = network.expectOne();
    sent.emit('Hi th');
    chat.stop();
    expect(sent.cancelled).toBe(true);
    expect(chat.status()).toEqual({ state: 'stopped' });
    expect(chat.messages()).toEqual([user('Hello'), assistant('Hi th')]);
    chat.stop();
    expect(chat.messages()).toHaveLength(2);
  });

  it('stop before anything has come leaves the question alone', () => {
    const { chat, network } = talk();
    chat.send('Hello');
    chat.stop();
    expect(network.expectOne().cancelled).toBe(true);
    expect(chat.messages()).toEqual([user('Hello')]);
  });

  it('send stops the answer before', () => {
    const { chat, network } = talk();
    chat.send('one');
    const first = network.expectOne();
    first.emit('1');
    chat.send('two');
    expect(first.cancelled).toBe(true);
    expect(chat.answer()).toBe('');
    network.expectOne('two').flushDeltas('2');
    expect(chat.messages()).toEqual([user('one'), assistant('1'), user('two'), assistant('2')]);
  });

  it('retry asks again without the answer', () => {
    const { chat, network } = talk();
    chat.retry();
    network.expectNone();
    chat.send('Hello');
    network.expectOne().flushDeltas('Hi');
    chat.retry();
    expect(chat.messages()).toEqual([user('Hello')]);
    const again = network.expectOne();
    expect(again.request.messages).toEqual([user('Hello')]);
    again.emit('Good d');
    chat.retry();
    expect(again.cancelled).toBe(true);
    network.expectOne().flushDeltas('Good day');
    expect(chat.messages()).toEqual([user('Hello'), assistant('Good day')]);
  });

  it('clear forgets all', () => {
    const { chat, network } = talk();
    chat.send('Hello');
    const sent = network.expectOne();
    sent.emit('Hi');
    chat.clear();
    expect(sent.cancelled).toBe(true);
    expect([chat.messages(), chat.answer(), chat.status()]).toEqual([[], '', { state: 'idle' }]);
  });
});

it('tells place and time in line, and what it waits for', async () => {
  const config = { '*': { base_url: 'http://fake.invalid/v1', windows: [{ limit: 1, per: '1h' as const }] } };
  configure(provideChatClient(config), provideChatClientTesting());
  const [first, second] = TestBed.runInInjectionContext(() => [1, 2].map(() => injectChat({ model: 'any' })));
  first!.send('one');
  second!.send('two');
  expect(first!.queuePosition()).toBeNull();
  expect(second!.queuePosition()).toBe(1);
  expect(second!.status()).toMatchObject({ state: 'queued', waitingFor: 'requests per 1h' });
  TestBed.inject(ChatTestingController).expectOne('one').flushDeltas('1');
  await expect.poll(() => second!.status()).toMatchObject({ state: 'queued', etaMs: expect.any(Number) });
  second!.stop();
  expect(second!.queuePosition()).toBeNull();
});

it('tells place and time in the line of a gateway', () => {
  const wire = new Subject<ResponseHead | Uint8Array>();
  const config = { '*': { base_url: 'http://fake.invalid/v1' } };
  configure(provideChatClient(config, withInterceptors([() => () => wire])), provideChatClientTesting());
  const chat = TestBed.runInInjectionContext(() => injectChat({ model: 'any' }));
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(`${text}\n\n`);
  chat.send('Hello');
  wire.next({ status: 200, headers: { 'x-queue-position': '3', 'x-queue-eta-ms': '9000' } });
  const waits = { state: 'queued', waitingFor: 'the gateway' };
  expect(chat.status()).toEqual({ ...waits, position: 3, etaMs: 9000 });
  wire.next(bytes(': number 2 in line'));
  expect([chat.status(), chat.queuePosition()]).toEqual([{ ...waits, position: 2, etaMs: null }, 2]);
  wire.next(bytes(': sent'));
  expect(chat.status()).toEqual({ state: 'sent' });
  wire.next(bytes('data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}'));
  wire.next(bytes(': number 7 in line'));
  expect([chat.status().state, chat.answer()]).toEqual(['streaming', 'Hi']);
});

describe('its injection context', () => {
  it('cancels when it is destroyed, and sends nothing after', () => {
    configure(provideChatClientTesting());
    const injector = createEnvironmentInjector([], TestBed.inject(EnvironmentInjector));
    const chat = runInInjectionContext(injector, () => injectChat({ model: 'any' }));
    const network = TestBed.inject(ChatTestingController);
    chat.send('Hello');
    const sent = network.expectOne();
    injector.destroy();
    expect(sent.cancelled).toBe(true);
    chat.send('again');
    network.verify();
  });

  it('is needed', () => {
    expect(() => injectChat({ model: 'any' })).toThrow(/injectChat\(\) can only be used within an injection context/);
  });

  it('keeps the application unstable until the answer is shown', async () => {
    const { chat, network } = talk();
    let stable: boolean | undefined;
    TestBed.inject(ApplicationRef).isStable.subscribe(now => {
      stable = now;
    });
    expect(stable).toBe(true);
    chat.send('Hello');
    const sent = network.expectOne();
    sent.emit('Hi');
    TestBed.tick();
    expect(stable).toBe(false);
    sent.flushDeltas('!');
    await expect.poll(() => stable).toBe(true);
    expect(chat.answer()).toBe('Hi!');
  });
});

describe('on the server', () => {
  const rendering = { provide: PLATFORM_ID, useValue: 'server' };

  it('nothing is sent', async () => {
    configure(provideChatClientTesting(), rendering);
    const chat = TestBed.runInInjectionContext(() => injectChat({ model: 'any' }));
    chat.send('Hello');
    TestBed.inject(ChatTestingController).verify();
    expect(chat.status()).toEqual({ state: 'idle' });
    await TestBed.inject(ApplicationRef).whenStable();
  });

  it('unless it is asked for: then the page waits until the answer is shown', async () => {
    const answer = new Subject<string>();
    configure({ provide: CHAT_CLIENT, useValue: fakeChatClient({ answer: () => answer }) }, rendering);
    const chat = TestBed.runInInjectionContext(() => injectChat({ model: 'any', onServer: true }));
    chat.send('Hello');
    const application = TestBed.inject(ApplicationRef);
    expect(await firstValueFrom(application.isStable)).toBe(false);
    const rendered = application.whenStable().then(() => chat.messages());
    answer.next('Hi');
    answer.complete();
    expect(await rendered).toEqual([user('Hello'), assistant('Hi')]);
  });
});

describe('however fast the deltas come', () => {
  it('a frame has one write at most', () => {
    const frames: FrameRequestCallback[] = [];
    vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => frames.push(callback));
    vi.stubGlobal('cancelAnimationFrame', () => {});
    onTestFinished(() => void vi.unstubAllGlobals());
    const nextFrame = (): void => {
      for (const callback of frames.splice(0)) callback(0);
    };
    const answer = new Subject<string>();
    configure({ provide: CHAT_CLIENT, useValue: fakeChatClient({ answer: () => answer }) });
    const chat = TestBed.runInInjectionContext(() => injectChat({ model: 'any' }));
    const seen: string[] = [];
    TestBed.runInInjectionContext(() => effect(() => void seen.push(chat.answer())));
    TestBed.tick();
    chat.send('Hello');
    nextFrame();
    const answers = (): readonly string[] => {
      TestBed.tick();
      return seen.splice(0);
    };
    answers();

    const deltas = Array.from({ length: 1000 }, (_, index) => `${index} `);
    for (const delta of deltas.slice(0, 500)) {
      answer.next(delta);
      expect(chat.answer()).toBe('');
    }
    nextFrame();
    expect(answers()).toEqual([deltas.slice(0, 500).join('')]);
    nextFrame();
    expect(answers()).toEqual([]);
    from(deltas.slice(500)).subscribe(answer); // completes it
    expect(chat.streaming()).toBe(true);
    nextFrame();
    expect(answers()).toEqual([deltas.join('')]);
    expect(chat.status().state).toBe('done');
  });

  it('a tab that shows no frames is written to all the same', async () => {
    vi.stubGlobal('requestAnimationFrame', () => 1);
    vi.stubGlobal('cancelAnimationFrame', () => {});
    onTestFinished(() => void vi.unstubAllGlobals());
    configure({ provide: CHAT_CLIENT, useValue: fakeChatClient({ answer: () => ['Hi'] }) });
    const chat = TestBed.runInInjectionContext(() => injectChat({ model: 'any' }));
    chat.send('Hello');
    await expect.poll(() => chat.answer()).toBe('Hi');
  });
});
