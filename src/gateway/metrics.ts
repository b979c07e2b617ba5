import type { ChatClient, ChatEvent } from '../client/index.js';
import { type ModelLimits, windowName } from '../limits/index.js';

/** The counters behind `/metrics`. */
export interface Metrics {
  /** A response has ended; 0: without a head. */
  responded(status: number): void;
  /** In Prometheus's text format. */
  text(connections: number): string;
  close(): void;
}

type Labels = Readonly<Record<string, string | number>>;
type Sample = readonly [labels: Labels, value: number];

export function metricsOf(client: ChatClient): Metrics {
  const counters = new Map<string, Map<string, { readonly labels: Labels; value: number }>>();
  const count = (name: string, labels: Labels, value = 1): void => {
    const samples = counters.get(name) ?? new Map();
    counters.set(name, samples);
    const key = JSON.stringify(labels);
    const sample = samples.get(key) ?? { labels, value: 0 };
    samples.set(key, sample);
    sample.value += value;
  };
  const events = client.events$.subscribe(event => hear(event, count));
  return {
    responded: status => count('responses_total', { status }),
    text(connections) {
      const counted = Object.entries(counterHelp).map(([name, help]) =>
        family(
          name,
          'counter',
          help,
          [...(counters.get(name)?.values() ?? [])].map(({ labels, value }) => [labels, value]),
        ),
      );
      const limits = client.models().map(model => [model, client.limits(model)] as const);
      const gauges = gaugesOf(limits, connections).map(([name, help, samples]) => family(name, 'gauge', help, samples));
      return [...counted, ...gauges].join('');
    },
    close: () => events.unsubscribe(),
  };
}

const counterHelp = {
  responses_total: 'HTTP responses by status; 0: the client was gone before.',
  requests_total: 'Chat requests that have ended, by outcome.',
  refused_total: 'Refusals with 429 by the server behind.',
  tokens_total: 'Tokens used, as the server behind counts them.',
  queue_seconds_total: 'Time in line of all that have ended.',
  first_token_seconds_total: 'Time from sending to the first content.',
  first_tokens_total: 'Answers of which a first content has come.',
} as const;

function hear(event: ChatEvent, count: (name: keyof typeof counterHelp, labels: Labels, value?: number) => void): void {
  if (event.request === null) return;
  const { model } = event.request;
  if (event.type === 'refused') count('refused_total', { model });
  if (event.type === 'first_token') {
    count('first_tokens_total', { model });
    count('first_token_seconds_total', { model }, event.firstTokenMs / 1000);
  }
  if (event.type !== 'completed' && event.type !== 'failed' && event.type !== 'cancelled') return;
  count('requests_total', { model, outcome: event.type === 'failed' ? event.error.kind : event.type });
  count('queue_seconds_total', { model }, event.timing.queuedMs / 1000);
  if (event.type !== 'completed' || !event.usage) return;
  count('tokens_total', { model, type: 'prompt' }, event.usage.prompt_tokens);
  count('tokens_total', { model, type: 'completion' }, event.usage.completion_tokens);
}

function gaugesOf(
  limits: readonly (readonly [model: string, limits: ModelLimits])[],
  connections: number,
): readonly (readonly [name: string, help: string, samples: readonly Sample[]])[] {
  const ofModels = (value: (of: ModelLimits) => number): Sample[] =>
    limits.map(([model, of]) => [{ model }, value(of)] as const);
  const ofWindows = (field: 'used' | 'limit' | 'available'): Sample[] =>
    limits.flatMap(([model, { windows }]) =>
      windows.map(window => [{ model, window: windowName(window) }, window[field]] as const),
    );
  return [
    ['connections', 'Sockets open now.', [[{}, connections]]],
    ['queued', 'Requests in line.', ofModels(({ queued }) => queued)],
    ['in_flight', 'Requests sent and not ended.', ofModels(({ inFlight }) => inFlight)],
    ['window_used', 'Counted in a window.', ofWindows('used')],
    ['window_limit', 'The limit of a window.', ofWindows('limit')],
    ['window_available', 'Free in a window at this moment.', ofWindows('available')],
  ];
}

function family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  const full = `rx_groq_gateway_${name}`;
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(String(text))}"`);
    return `${full}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value === Infinity ? '+Inf' : value}\n`;
  });
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('')}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
