import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { MODEL, question } from '../fetch/sdks.js';
import { beside, gatewayWith, post } from './harness.js';

it('serves /v1 and /openai/v1 alike', async () => {
  const { gateway } = await gatewayWith();
  expect(gateway.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/openai\/v1$/);
  const [long, short] = [gateway.url, beside(gateway, '/v1')].map(async url => {
    expect((await post({ url }, question())).status).toBe(200);
    return (await fetch(`${url}/models`)).json();
  });
  expect(await long).toEqual(await short);
});

it('names the configured models', async () => {
  const { gateway } = await gatewayWith();
  const openai = new OpenAI({ baseURL: gateway.url, apiKey: 'any' });
  expect((await openai.models.list()).data.map(({ id }) => id)).toEqual([MODEL, 'openai/gpt-oss-120b']);
  expect(await openai.models.retrieve(MODEL)).toMatchObject({ id: MODEL, object: 'model', owned_by: 'openai' });
  await expect(openai.models.retrieve('gpt-none')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
});

it('shows limits and status as they change', async () => {
  const { gateway } = await gatewayWith({ entry: { req_per_minute: 30 } });
  const response = await fetch(beside(gateway, '/status'));
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const seen = async (what: RegExp) => {
    while (!what.test(text)) text += (await reader.read()).value;
  };
  await seen(/\n\n/);
  const [, first] = /^data: (.*)$/m.exec(text)!;
  expect(JSON.parse(first!).models[MODEL]).toMatchObject({
    minute_used: 0,
    minute_limit: 30,
    day_limit: null,
    queued: 0,
  });
  await post(gateway, question());
  await seen(/"minute_used":1,.*"done":1/);
  expect(text).not.toMatch(/7\+7|gsk_/);
  await gateway.close({ grace: 20_000 }); // does not wait for those who only look
  expect((await reader.read()).done).toBe(true);
});

it('counts for Prometheus', async () => {
  const { gateway, simulator } = await gatewayWith({ entry: { req_per_minute: 30 } });
  simulator.fault({ kind: 'status', status: 429, retryAfterMs: 10 });
  await (await post(gateway, { ...question(), stream: true })).text();
  await post(gateway, { ...question(), model: 'unknown"} 1\n' });
  const response = await fetch(beside(gateway, '/metrics'));
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  const value = (sample: string) =>
    Number(
      text
        .split('\n')
        .find(line => line.startsWith(`${sample} `))
        ?.split(' ')
        .at(-1),
    );
  const of = `{model="${MODEL}"`;
  expect(value(`rx_groq_gateway_requests_total${of},outcome="completed"}`)).toBe(1);
  expect(value(`rx_groq_gateway_refused_total${of}}`)).toBe(1);
  expect(value(`rx_groq_gateway_tokens_total${of},type="completion"}`)).toBe(4);
  expect(value(`rx_groq_gateway_first_tokens_total${of}}`)).toBe(1);
  expect(value(`rx_groq_gateway_responses_total{status="404"}`)).toBe(1);
  expect(value(`rx_groq_gateway_in_flight${of}}`)).toBe(0);
  expect(text).toContain(`rx_groq_gateway_window_limit${of},window="requests per 1m"} 30\n`);
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? (\d+(\.\d+)?(e-\d+)?|\+Inf))$/);
  }
});

it('is healthy until it closes', async () => {
  const { gateway } = await gatewayWith();
  const response = await fetch(beside(gateway, '/healthz'));
  expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
});

const preflight = (origin: string) => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,x-stainless-os',
  },
});

it('lets pages of listed origins ask, and no others', async () => {
  const origin = 'https://chat.example';
  const { gateway } = await gatewayWith({ gateway: { cors: [origin] } });
  const url = `${gateway.url}/chat/completions`;
  const allowed = await fetch(url, preflight(origin));
  expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
  expect(allowed.headers.get('access-control-allow-headers')).toContain('x-stainless-os');
  const refused = await fetch(url, preflight('https://evil.example'));
  expect(refused.headers.has('access-control-allow-origin')).toBe(false);
  expect(refused.headers.get('vary')).toBe('origin');
  const answer = await post(gateway, question(), { headers: { origin } });
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
});

it('lets no page ask unless told', async () => {
  const { gateway } = await gatewayWith();
  const response = await fetch(`${gateway.url}/models`, preflight('https://chat.example'));
  expect([...response.headers.keys()].filter(name => name.startsWith('access-control'))).toEqual([]);
});

it('lets the pages of all origins ask if told so', async () => {
  const { gateway } = await gatewayWith({ gateway: { cors: ['*'] } });
  const response = await fetch(`${gateway.url}/models`, preflight('https://any.example'));
  expect(response.headers.get('access-control-allow-origin')).toBe('https://any.example');
});
