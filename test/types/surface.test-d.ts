/*
 * The public names that no other type test is about: what each is beside the others, so that none can change or go by accident.
 * test/packaging/api.test.ts holds that together they are all.
 */

import type { EnvironmentProviders, Injector, ResourceRef, Signal } from '@angular/core';
import * as rx from 'rx-groq';
import type * as angular from 'rx-groq/angular';
import { pacedFetch } from 'rx-groq/fetch';
import * as gateway from 'rx-groq/gateway';
import * as redis from 'rx-groq/redis';
import * as simulator from 'rx-groq/simulator';
import * as testing from 'rx-groq/testing';
import type { Observable, ObservableInput, SchedulerLike } from 'rxjs';
import type { Dispatcher } from 'undici';
import { describe, expectTypeOf, test } from 'vitest';

type Value<T, K extends keyof T> = Exclude<T[K], undefined | null>;
type Of<Kind extends rx.ChatFailure['kind']> = Extract<rx.ChatFailure, { readonly kind: Kind }>;

describe('errors', () => {
  test('each is the failure of its kind, and narrowed by it', () => {
    expectTypeOf<Of<'abort'>>().toEqualTypeOf<rx.AbortError>();
    expectTypeOf<Of<'answer_invalid'>>().toEqualTypeOf<rx.AnswerInvalidError>();
    expectTypeOf<Of<'api'>>().toEqualTypeOf<rx.ApiError>();
    expectTypeOf<Of<'authentication'>>().toEqualTypeOf<rx.AuthenticationError>();
    expectTypeOf<Of<'budget_exceeded'>>().toEqualTypeOf<rx.BudgetExceededError>();
    expectTypeOf<Of<'closed'>>().toEqualTypeOf<rx.ClosedError>();
    expectTypeOf<Of<'config'>>().toEqualTypeOf<rx.ConfigError>();
    expectTypeOf<Of<'connection'>>().toEqualTypeOf<rx.ConnectionError>();
    expectTypeOf<Of<'queue_full'>>().toEqualTypeOf<rx.QueueFullError>();
    expectTypeOf<Of<'queue_timeout'>>().toEqualTypeOf<rx.QueueTimeoutError>();
    expectTypeOf<Of<'quota_unavailable'>>().toEqualTypeOf<rx.QuotaUnavailableError>();
    expectTypeOf<Of<'rate_limit'>>().toEqualTypeOf<rx.RateLimitError>();
    expectTypeOf<Of<'request_invalid'>>().toEqualTypeOf<rx.RequestInvalidError>();
    expectTypeOf<Of<'request_too_large'>>().toEqualTypeOf<rx.RequestTooLargeError>();
    expectTypeOf<Of<'stream_broken'>>().toEqualTypeOf<rx.StreamBrokenError>();
    expectTypeOf<Of<'stream_timeout'>>().toEqualTypeOf<rx.StreamTimeoutError>();
    expectTypeOf<rx.ChatFailure>().toExtend<rx.ChatError>();
    expectTypeOf<rx.ChatError>().toExtend<Error>();
  });

  test('what they are made of and what they tell', () => {
    expectTypeOf<Value<ConstructorParameters<typeof rx.ApiError>, 1>>().toExtend<rx.ChatErrorDetails>();
    expectTypeOf(rx.RateLimitError).constructorParameters.toEqualTypeOf<
      [message: string, details?: rx.RateLimitDetails]
    >();
    expectTypeOf(rx.AnswerInvalidError).constructorParameters.toEqualTypeOf<
      [message: string, details?: rx.AnswerInvalidDetails]
    >();
    expectTypeOf<rx.AnswerInvalidError['issues']>().toEqualTypeOf<readonly rx.AnswerIssue[]>();
    expectTypeOf<rx.ConfigError['issues']>().toEqualTypeOf<readonly rx.ConfigIssue[]>();
    expectTypeOf<rx.QuotaUnavailableError['reason']>().toEqualTypeOf<rx.QuotaUnavailableReason | undefined>();
    expectTypeOf<rx.StreamBrokenError['received']>().toEqualTypeOf<readonly rx.ChatChunk[]>();
  });
});

describe('a request, in the API’s own shapes', () => {
  test('its parts', () => {
    expectTypeOf<rx.ChatMessage['role']>().toEqualTypeOf<rx.ChatRole>();
    expectTypeOf<Exclude<Value<rx.ChatMessage, 'content'>, string>>().toEqualTypeOf<readonly rx.ChatContentPart[]>();
    expectTypeOf<Value<rx.ChatMessage, 'tool_calls'>>().toEqualTypeOf<readonly rx.ChatToolCallParam[]>();
    expectTypeOf<Value<rx.ChatRequest, 'tools'>>().toEqualTypeOf<readonly rx.ChatTool[]>();
    expectTypeOf<Value<rx.ChatTool, 'function'>>().toEqualTypeOf<rx.ChatFunction>();
    expectTypeOf<rx.ChatToolChoice>().toExtend<rx.ChatRequest['tool_choice']>();
    expectTypeOf<Value<rx.ChatRequest, 'response_format'>>().toEqualTypeOf<rx.ChatResponseFormat>();
    expectTypeOf<Value<rx.ChatRequest, 'documents'>>().toEqualTypeOf<readonly rx.ChatDocument[]>();
    expectTypeOf<rx.ApiRequest['priority']>().toEqualTypeOf<rx.ChatRequest['priority']>();
  });

  test('and those of an answer', () => {
    expectTypeOf<rx.ChatCompletion['choices']>().toEqualTypeOf<[rx.ChatChoice, ...rx.ChatChoice[]]>();
    expectTypeOf<rx.ChatChoice['message']>().toEqualTypeOf<rx.ChatAnswer>();
    expectTypeOf<rx.ChatChoice['finish_reason']>().toEqualTypeOf<rx.FinishReason>();
    expectTypeOf<rx.ChatChoice['logprobs']>().toEqualTypeOf<rx.ChatLogprobs | null>();
    expectTypeOf<rx.ChatLogprobs['content']>().toEqualTypeOf<rx.TokenLogprob[] | null>();
    expectTypeOf<Value<rx.ChatAnswer, 'executed_tools'>>().toEqualTypeOf<rx.ExecutedTool[]>();
    expectTypeOf<Value<rx.ChatCompletion, 'mcp_list_tools'>>().toEqualTypeOf<rx.McpListTool[]>();
    expectTypeOf<Value<rx.ChatCompletion, 'usage_breakdown'>>().toEqualTypeOf<rx.UsageBreakdown>();
    expectTypeOf<Value<Value<rx.ChatCompletion, 'x_groq'>, 'debug'>>().toEqualTypeOf<rx.TokenDebug>();
    expectTypeOf<rx.ChatChunk['choices']>().toEqualTypeOf<rx.ChatChunkChoice[]>();
    expectTypeOf<rx.ChatChunkChoice['delta']>().toEqualTypeOf<rx.ChatDelta>();
    expectTypeOf<Value<rx.ChatDelta, 'tool_calls'>>().toEqualTypeOf<rx.ToolCallDelta[]>();
    expectTypeOf<rx.TextSource>().toEqualTypeOf<rx.ChatChunk | rx.ChatCompletion | string>();
  });
});

describe('the client', () => {
  test('is made of a configuration and options', () => {
    expectTypeOf(rx.createChatClient).parameters.toEqualTypeOf<
      [config?: rx.ConfigSource, options?: rx.ChatClientOptions]
    >();
    expectTypeOf<rx.ConfigSource>().toEqualTypeOf<string | rx.ChatConfig | Observable<rx.ChatConfig>>();
    expectTypeOf<rx.ChatConfig[string]>().toEqualTypeOf<rx.ModelConfig>();
    type Options = Required<rx.ChatClientOptions>;
    expectTypeOf<Options['retry']>().toEqualTypeOf<Partial<rx.RetryPolicy>>();
    expectTypeOf<rx.RetryPolicy['budget']>().toEqualTypeOf<rx.RetryBudget | false>();
    expectTypeOf<Options['timeouts']>().toEqualTypeOf<rx.Timeouts>();
    expectTypeOf<Options['tokenCounter']>().toEqualTypeOf<rx.TokenCounter>();
    expectTypeOf<Options['budgets']>().toEqualTypeOf<readonly rx.Budget[]>();
    expectTypeOf<Options['fairBy']>().toEqualTypeOf<rx.FairBy<rx.ChatRequest>>();
    expectTypeOf<Options['reserve']>().toEqualTypeOf<rx.Reserve>();
    expectTypeOf<Options['overflow']>().toEqualTypeOf<rx.Overflow>();
    expectTypeOf<Options['gate$']>().toEqualTypeOf<rx.Gate>();
    expectTypeOf<Options['quota']>().toEqualTypeOf<rx.Quota>();
    expectTypeOf(rx.memoryQuota).returns.toEqualTypeOf<rx.Quota>();
    expectTypeOf<Parameters<rx.Transport>>().toEqualTypeOf<[request: rx.TransportRequest]>();
    expectTypeOf<ReturnType<rx.Transport>>().toEqualTypeOf<Observable<rx.ResponseHead | Uint8Array>>();
    expectTypeOf<rx.Interceptor>().toEqualTypeOf<(next: rx.Transport) => rx.Transport>();
    expectTypeOf<Value<rx.ChatClientOptions, 'interceptors'>>().toEqualTypeOf<readonly rx.Interceptor[]>();
    expectTypeOf<Value<rx.ChatClientOptions, 'connection'>>().toEqualTypeOf<rx.ConnectionOptions>();
    expectTypeOf<Value<rx.ConnectionOptions, 'dispatcher'>>().toEqualTypeOf<rx.UndiciDispatcher>();
    expectTypeOf<Dispatcher>().toExtend<rx.UndiciDispatcher>();
    expectTypeOf<ReturnType<rx.UsageStore['save']>>().toEqualTypeOf<rx.Eventually<unknown>>();
  });

  test('tells what it does', () => {
    expectTypeOf<rx.ChatClient['watch']>().returns.toEqualTypeOf<Observable<rx.ChatProgress>>();
    expectTypeOf<rx.ChatClient['status$']>().toEqualTypeOf<Observable<rx.ClientStatus>>();
    expectTypeOf<rx.ClientStatus['models'][string]>().toEqualTypeOf<rx.ModelStatus>();
    expectTypeOf<rx.ModelStatus>().toExtend<rx.StatusCounts>();
    expectTypeOf<rx.ChatClient['budgets$']>().toEqualTypeOf<Observable<readonly rx.BudgetUse[]>>();
    expectTypeOf<rx.ModelLimits['windows']>().toEqualTypeOf<readonly rx.WindowUse[]>();
    expectTypeOf<Extract<rx.ChatEvent, { type: 'window' }>['change']>().toEqualTypeOf<rx.WindowChange>();
    expectTypeOf<rx.ChatResult['timing']>().toEqualTypeOf<rx.ChatTiming>();
  });

  test('and its further calls take their own options', () => {
    expectTypeOf<rx.ChatClient['request']>().parameters.toEqualTypeOf<[request: rx.ApiRequest]>();
    expectTypeOf<Parameters<rx.ChatClient['parse']>[2]>().toEqualTypeOf<rx.ParseOptions | undefined>();
    expectTypeOf<Parameters<rx.ChatClient['runTools']>[2]>().toEqualTypeOf<rx.RunToolsOptions | undefined>();
    expectTypeOf<rx.Tools<{ add: number }>['add']>().toEqualTypeOf<rx.Tool<number>>();
  });
});

test('operators take their options', () => {
  expectTypeOf<Parameters<typeof rx.rateWindow<number>>[0]>().toExtend<rx.Windows>();
  expectTypeOf<rx.PaceOptions<number>['cost']>().toEqualTypeOf<rx.Cost | ((value: number) => rx.Cost) | undefined>();
  expectTypeOf<keyof rx.Cost>().toEqualTypeOf<rx.Unit>();
  expectTypeOf<keyof rx.PrioritySources>().toEqualTypeOf<rx.Priority>();
  expectTypeOf(rx.fitMessages).parameters.toEqualTypeOf<[options: rx.FitMessagesOptions]>();
  expectTypeOf(rx.splitText).parameters.toEqualTypeOf<[options: rx.SplitTextOptions]>();
  expectTypeOf(rx.smooth).parameters.toEqualTypeOf<[rx.SmoothOptions]>();
});

test('rx-groq/angular', () => {
  type Angular = typeof angular;
  expectTypeOf<Parameters<Angular['injectChat']>>().toEqualTypeOf<[options: angular.ChatOptions]>();
  expectTypeOf<angular.Chat['status']>().toEqualTypeOf<Signal<angular.ChatStatus>>();
  expectTypeOf<angular.ChatResource<string>>().toExtend<ResourceRef<string>>();
  expectTypeOf<angular.ChatResourceOptions['injector']>().toEqualTypeOf<Injector | undefined>();
  expectTypeOf<ReturnType<Angular['provideChatClientTesting']>>().toEqualTypeOf<EnvironmentProviders>();
});

test('rx-groq/testing', () => {
  expectTypeOf<testing.FakeAnswer>().toEqualTypeOf<
    (request: rx.ChatRequest) => ObservableInput<string | rx.ChatChunk>
  >();
  expectTypeOf(testing.fakeChatClient).toEqualTypeOf<(options: testing.FakeChatClientOptions) => rx.ChatClient>();
  expectTypeOf(testing.marbleTransport).toEqualTypeOf<
    (answer: testing.FakeAnswer, options?: testing.MarbleTransportOptions) => rx.Transport
  >();
  expectTypeOf(testing.finish).toEqualTypeOf<(usage?: Partial<rx.Usage>, reason?: rx.FinishReason) => rx.ChatChunk>();
  expectTypeOf<testing.ChatTestingControllerOptions['scheduler']>().toEqualTypeOf<SchedulerLike | undefined>();
});

test('rx-groq/fetch and rx-groq/gateway take a client or the configuration of one', () => {
  expectTypeOf(pacedFetch).toEqualTypeOf<
    (source?: rx.ChatClient | rx.ConfigSource, options?: rx.ChatClientOptions) => typeof globalThis.fetch
  >();
  expectTypeOf(gateway.startGateway).toEqualTypeOf<(options?: gateway.GatewayOptions) => Promise<gateway.Gateway>>();
  expectTypeOf<Value<gateway.GatewayOptions, 'config'>>().toEqualTypeOf<rx.ConfigSource>();
  expectTypeOf<gateway.Gateway['client']>().toEqualTypeOf<rx.ChatClient>();
  expectTypeOf(gateway.tenantOf).toExtend<rx.FairBy<rx.ChatRequest>>();
});

test('rx-groq/redis gives a quota that tells what befalls it', () => {
  expectTypeOf(redis.redisQuota).toEqualTypeOf<(options: redis.RedisQuotaOptions) => redis.RedisQuota>();
  expectTypeOf<redis.RedisQuota>().toExtend<rx.Quota>();
  expectTypeOf<redis.RedisQuota['notices$']>().toEqualTypeOf<Observable<redis.QuotaNotice>>();
  expectTypeOf<Value<redis.RedisQuotaOptions, 'client'>>().toEqualTypeOf<redis.IoredisClient | redis.NodeRedisClient>();
});

describe('rx-groq/simulator', () => {
  test('is started with models, limits and answers', () => {
    expectTypeOf(simulator.startSimulator).toEqualTypeOf<
      (options?: simulator.SimulatorOptions) => Promise<simulator.Simulator>
    >();
    expectTypeOf(simulator.DEFAULT_MODELS).toEqualTypeOf<readonly simulator.SimulatedModel[]>();
    type Options = Required<simulator.SimulatorOptions>;
    expectTypeOf<Options['limits'][string]>().toEqualTypeOf<simulator.SimulatedLimits>();
    expectTypeOf<Options['counting']>().toEqualTypeOf<simulator.Counting>();
    expectTypeOf<Options['delayBefore']>().toEqualTypeOf<simulator.Range>();
    expectTypeOf<Options['templateTokens']>().toEqualTypeOf<simulator.TemplateTokens>();
    expectTypeOf<Parameters<Options['answer']>>().toEqualTypeOf<[body: simulator.ChatBody]>();
    expectTypeOf<ReturnType<Options['answer']>>().toEqualTypeOf<string | simulator.SimulatedToolCalls | undefined>();
    expectTypeOf<Parameters<Options['onEvent']>>().toEqualTypeOf<[event: simulator.SimulatorEvent]>();
    expectTypeOf<simulator.ChatBody['messages']>().toEqualTypeOf<readonly simulator.ChatMessage[]>();
  });

  test('goes wrong on demand, and tells what came', () => {
    type Simulator = simulator.Simulator;
    expectTypeOf<Parameters<Simulator['fault']>[0]>().toEqualTypeOf<simulator.Fault | readonly simulator.Fault[]>();
    expectTypeOf<simulator.Fault>().toExtend<simulator.FaultFilter>();
    expectTypeOf<simulator.Fault['kind']>().toEqualTypeOf<simulator.FaultKind>();
    expectTypeOf<ReturnType<Simulator['stats']>>().toEqualTypeOf<simulator.SimulatorStats>();
    expectTypeOf<simulator.SimulatorStats>().toExtend<simulator.RequestTotals>();
    expectTypeOf<simulator.SimulatorStats['models'][string]>().toEqualTypeOf<simulator.ModelStats>();
    expectTypeOf<simulator.ModelStats['windows']>().toEqualTypeOf<readonly simulator.WindowStats[]>();
    expectTypeOf<simulator.WindowStats['kind']>().toEqualTypeOf<simulator.WindowKind>();
    expectTypeOf<ReturnType<Simulator['requests']>>().toEqualTypeOf<readonly simulator.SimulatedRequest[]>();
    expectTypeOf<simulator.SimulatedRequest['used']>().toEqualTypeOf<simulator.Tokens>();
    expectTypeOf<simulator.SimulatedRequest['outcome']>().toEqualTypeOf<simulator.Outcome>();
  });
});
