import { type Agent, request } from 'node:http';

export const MODEL = 'openai/gpt-oss-20b';

export interface Answer {
  readonly status: number;
  /** The answer's content, or an error's code. */
  readonly text: string;
  /** ms until the first byte of the body, and until the last of all. */
  readonly first: number;
  readonly total: number;
}

export interface Asking {
  readonly content: string;
  readonly stream?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Without one the request has a socket of its own. */
  readonly agent?: Agent;
}

export function bodyFor({ content, stream = false }: Asking): string {
  return JSON.stringify({
    model: MODEL,
    messages: [{ role: 'user', content }],
    max_completion_tokens: 50,
    include_reasoning: false,
    stream,
  });
}

/** Asks as a client of the OpenAI API, with as little of its own as there can be. */
export function ask(url: string, asking: Asking): Promise<Answer> {
  const { agent = false, headers, stream } = asking;
  const body = bodyFor(asking);
  const fixed = { 'content-type': 'application/json', authorization: 'Bearer any', 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    let first = NaN;
    let text = '';
    const options = { method: 'POST', agent, headers: { ...fixed, ...headers } };
    const sent = request(`${url}/chat/completions`, options, response => {
      response.setEncoding('utf8').on('data', part => {
        if (text === '') first = performance.now() - begin;
        text += part;
      });
      response.on('error', reject).on('end', () => {
        const status = response.statusCode!;
        const content = status !== 200 ? JSON.parse(text).error.code : stream ? contentOf(text) : wholeOf(text);
        resolve({ status, text: content, first, total: performance.now() - begin });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function wholeOf(text: string): string {
  return JSON.parse(text).choices[0].message.content;
}

function contentOf(events: string): string {
  const chunks = [...events.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json!));
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
}
