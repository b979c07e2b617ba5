/** One answer as its bytes look on the wire, and what has to come of it. */
export interface Form {
  readonly server: string;
  readonly name: string;
  readonly body: string;
  /** @default 'text/event-stream' */
  readonly type: string;
  /** @default 200 */
  readonly status: number;
  /** Beside the type. */
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: number;
  /** Of the first choice. */
  readonly text: string;
  readonly reasoning: string;
  /** Its tool calls, as `name(arguments)`. */
  readonly calls?: readonly string[];
  readonly usage?: object | undefined;
  /** Further fields of the completion that the chunks make. */
  readonly answer?: object;
  readonly error?: object;
  /** How `error.body` begins, if it is text. */
  readonly begins?: string;
}

type Written = Partial<Form> & Pick<Form, 'name' | 'body'>;

/** The forms of one server, with what they leave out. */
export function formsOf(server: string, written: readonly Written[]): readonly Form[] {
  const usual = { type: 'text/event-stream', status: 200, headers: {}, chunks: 0, text: '', reasoning: '' };
  return written.map(form => ({ server, ...usual, ...form }));
}

export const done = 'data: [DONE]\n\n';
export const json = 'application/json';
export const usage = { prompt_tokens: 18, completion_tokens: 3, total_tokens: 21 };

export function data(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

/** A writer of one server's chunks: the fields that each has round its choices. */
export function writer(base: object) {
  return (
    delta: object | undefined,
    finish_reason: string | null = null,
    more: object = {},
    choice: object = {},
  ): string =>
    data({
      ...base,
      choices: [{ index: 0, ...(delta && { delta }), ...choice, finish_reason }],
      ...more,
    });
}

/** A piece of a tool call. */
export function call(
  index: number | undefined,
  id: string | undefined,
  name: string | undefined,
  json: string,
): object {
  return {
    ...(index !== undefined && { index }),
    ...(id && { id, type: 'function' }),
    function: { ...(name && { name }), arguments: json },
  };
}
