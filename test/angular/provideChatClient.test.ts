// @vitest-environment happy-dom
import {
  createEnvironmentInjector,
  EnvironmentInjector,
  InjectionToken,
  inject,
  runInInjectionContext,
} from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { type ChatClient, type ChatRequest, contentDeltas, RateLimitError, type Transport, toText } from 'rx-groq';
import {
  CHAT_CLIENT,
  type ChatInterceptor,
  ChatTestingController,
  injectChatClient,
  provideChatClient,
  provideChatClientTesting,
  withClientOptions,
  withInterceptors,
  withTransport,
} from 'rx-groq/angular';
import { fakeChatClient, marbleTransport } from 'rx-groq/testing';
import { defer, finalize, firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { simulate } from '../client/harness.js';
import { configure } from './harness.js';

const ask: ChatRequest = { model: 'any', messages: [{ role: 'user', content: 'Hello' }] };
const gateway = { '*': { base_url: 'http://gateway.invalid/v1' } };
const client = (): ChatClient => TestBed.runInInjectionContext(() => injectChatClient());
const textOf = (client: ChatClient): Promise<string> => firstValueFrom(client.stream(ask).pipe(toText()));

describe('provideChatClient', () => {
  it('makes one client for all who inject it, at the first use, and closes it with its injector', async () => {
    let made = 0;
    const configuration = () => {
      made++;
      return gateway;
    };
    configure();
    const scope = createEnvironmentInjector([provideChatClient(configuration)], TestBed.inject(EnvironmentInjector));
    expect(made).toBe(0);
    const [first, second] = runInInjectionContext(scope, () => [injectChatClient(), inject(CHAT_CLIENT)]);
    expect(first).toBe(second);
    expect(made).toBe(1);
    scope.destroy();
    await expect(textOf(first!)).rejects.toMatchObject({ kind: 'closed' });
  });

  it('takes a configuration that injects', () => {
    const URL = new InjectionToken<string>('url');
    configure(
      { provide: URL, useValue: 'http://injected.invalid/v1' },
      provideChatClient(() => ({ mine: { base_url: inject(URL) } })),
    );
    expect(client().models()).toEqual(['mine']);
  });

  it('says what is missing where nothing is provided', () => {
    configure();
    expect(client).toThrow(/No provider found for `InjectionToken rx-groq: chat client`/);
  });

  it('gives way to a client of your own', async () => {
    configure(provideChatClient(gateway), {
      provide: CHAT_CLIENT,
      useValue: fakeChatClient({ answer: () => ['mine'] }),
    });
    expect(await textOf(client())).toBe('mine');
  });

  it('takes a transport and options, also such that inject', async () => {
    const RETRIES = new InjectionToken<number>('retries');
    let sent = 0;
    const transport = marbleTransport(() =>
      defer(() => {
        if (++sent < 3) throw new Error('no network');
        return ['finally'];
      }),
    );
    configure(
      { provide: RETRIES, useValue: 2 },
      provideChatClient(
        gateway,
        withTransport(transport),
        withClientOptions(() => ({ retry: { maxRetries: inject(RETRIES), baseDelay: 1, maxDelay: 1 } })),
      ),
    );
    expect(await textOf(client())).toBe('finally');
    expect(sent).toBe(3);
  });

  it('refuses a feature given twice', () => {
    expect(() => provideChatClient(gateway, withInterceptors([]), withInterceptors([]))).toThrow(
      'provideChatClient: the feature "interceptors" is given twice',
    );
  });
});

describe('interceptors', () => {
  const log: string[] = [];
  const logging =
    (name: string): ChatInterceptor =>
    next =>
    request => {
      log.push(`${name} →`);
      return next(request).pipe(finalize(() => log.push(`← ${name}`)));
    };

  it('wrap the network in the order in which they are given, and may inject', async () => {
    const TEAM = new InjectionToken<string>('team');
    const named: ChatInterceptor = next => {
      const team = inject(TEAM);
      return request => next({ ...request, headers: { ...request.headers, 'x-team': team } });
    };
    const teams: (string | undefined)[] = [];
    const transport: Transport = request => {
      teams.push(request.headers['x-team']);
      return marbleTransport(() => ['Hi'])(request);
    };
    const features = [withTransport(transport), withInterceptors([logging('a'), logging('b'), named])];
    configure({ provide: TEAM, useValue: 'blue' }, provideChatClient(gateway, ...features));
    log.length = 0;
    expect(await textOf(client())).toBe('Hi');
    expect(teams).toEqual(['blue']);
    expect(log.filter(entry => entry.endsWith('→'))).toEqual(['a →', 'b →']);
  });

  it('stand before the real network, too, which closes with the injector', async () => {
    const simulator = await simulate();
    configure();
    const scope = createEnvironmentInjector(
      [
        provideChatClient(
          { any: { model: 'openai/gpt-oss-20b', base_url: simulator.url, api_key: 'any' } },
          withInterceptors([logging('a')]),
        ),
      ],
      TestBed.inject(EnvironmentInjector),
    );
    log.length = 0;
    expect(await textOf(scope.get(CHAT_CLIENT))).toContain('simulated');
    expect(log).toEqual(['a →', '← a']);
    scope.destroy();
    await simulator.until(({ connections }) => connections === 0);
  });
});

describe('provideChatClientTesting', () => {
  const network = (): ChatTestingController => TestBed.inject(ChatTestingController);
  const record = (client: ChatClient): { text: string; end: string } => {
    const seen = { text: '', end: '' };
    client
      .stream(ask)
      .pipe(contentDeltas())
      .subscribe({
        next: delta => (seen.text += delta),
        error: error => (seen.end = error.kind),
        complete: () => (seen.end = 'complete'),
      });
    return seen;
  };

  it('answers what was sent, at once', () => {
    configure(provideChatClientTesting());
    const seen = record(client());
    const sent = network().expectOne('any');
    expect(sent.request).toMatchObject(ask);
    sent.emit('a');
    expect(seen).toEqual({ text: 'a', end: '' });
    sent.flushDeltas('b', 'c');
    expect(seen).toEqual({ text: 'abc', end: 'complete' });
    network().verify();
    expect(sent.cancelled).toBe(false);
    expect(() => sent.flushDeltas('d')).toThrow('answered already');
  });

  it('fails at once: with a status, or as a connection', () => {
    configure(provideChatClientTesting());
    const refused = record(client());
    network()
      .expectOne()
      .error(new RateLimitError('slow down', { retryAfterMs: 50 }));
    expect(refused.end).toBe('rate_limit');
    const lost = record(client());
    network().expectOne().error();
    expect(lost.end).toBe('connection');
  });

  it('finds requests by model, by text and by a function; says what it found where that is not one', () => {
    configure(provideChatClientTesting());
    for (const [model, content] of Object.entries({ small: 'Hello', large: 'Good day' })) {
      client()
        .complete({ model, messages: [{ role: 'user', content }] })
        .subscribe();
    }
    expect(() => network().expectOne()).toThrow(
      'Expected one chat request, found 2. Sent and not yet matched: small "Hello", large "Good day".',
    );
    expect(() => network().expectOne('huge')).toThrow('matching "huge", found 0');
    expect(() => network().expectNone('Good')).toThrow('found large "Good day"');
    expect(() => network().verify()).toThrow('found small "Hello", large "Good day"');
    network().expectNone('huge');
    const large = network().expectOne('Good');
    expect(large.request.model).toBe('large');
    const [small, ...more] = network().match(({ model }) => model === 'small');
    expect(more).toEqual([]);
    network().verify();
    small!.flushDeltas('Hi');
    large.flushDeltas('Hi');
  });

  it('knows who has gone', () => {
    configure(provideChatClientTesting());
    client().stream(ask).subscribe().unsubscribe();
    expect(() => network().verify()).toThrow('found any "Hello"');
    network().verify({ ignoreCancelled: true });
    const sent = network().expectOne();
    expect(sent.cancelled).toBe(true);
    expect(() => sent.emit('a')).toThrow('cancelled already');
  });

  it('keeps configuration and interceptors of the application, and its options but for those of the network', () => {
    const seen: string[] = [];
    const watching: ChatInterceptor = next => request => {
      seen.push(request.url);
      return next(request);
    };
    const unused: Transport = () => {
      throw new Error('the real network');
    };
    configure(
      provideChatClient({ mine: gateway['*'] }, withTransport(unused), withInterceptors([watching])),
      provideChatClientTesting(),
    );
    client()
      .stream({ ...ask, model: 'mine' })
      .subscribe();
    network().expectOne('mine').flushDeltas('Hi');
    expect(seen).toEqual(['http://gateway.invalid/v1/chat/completions']);
  });
});
