import * as z from 'zod/mini';
import { isPriority } from '../limits/index.js';
import { isSignal } from './isSignal.js';

/*
 * What a request must look like. Each message says what is expected; mistakes.ts adds what was found, because only there is known
 * what may be shown. Loose everywhere: fields that are not named here are the server's business, and so are most that are.
 */

/** Made at the first request, so that importing the library costs nothing. */
let made: z.ZodMiniType | undefined;

export function requestSchema(): z.ZodMiniType {
  made ??= makeRequestSchema();
  return made;
}

/** Longer timers than this fire at once. */
const longestTimer = 2 ** 31 - 1;
const waitText = `a positive number of ms, at most ${longestTimer} (none: leave it out)`;
const timesText = 'an integer of at least 0';
const stopText = 'a string or at most 4 of them';

function makeRequestSchema(): z.ZodMiniType {
  return object('an object such as { model, messages }', {
    model: text('the name of a model'),
    messages: z
      .array(messageSchema(), { error: 'a list of messages' })
      .check(z.minLength(1, { error: 'at least one message' })),

    priority: like(
      value => isPriority(value) || isObservableLike(value),
      'an integer from 1 (most urgent) to 10, or an Observable of such',
    ),
    queueTimeout: z.nullish(
      z
        .number({ error: waitText })
        .check(z.minimum(Number.MIN_VALUE, { error: waitText }), z.maximum(longestTimer, { error: waitText })),
    ),
    fallbacks: z.nullish(z.array(text('the name of a model'), { error: 'a list of model names' })),
    continueOnBreak: z.nullish(z.int({ error: timesText }).check(z.minimum(0, { error: timesText }))),
    signal: like(isSignal, 'an AbortSignal'),

    max_completion_tokens: count(),
    max_tokens: count(),
    n: count(),
    temperature: between(0, 2),
    top_p: between(0, 1),
    frequency_penalty: between(-2, 2),
    presence_penalty: between(-2, 2),
    seed: z.nullish(z.number({ error: 'a number' })),
    stop: z.nullish(
      z.union(
        [
          z.string(),
          z.array(z.string({ error: 'a string' })).check(z.refine(({ length }) => length <= 4, { error: stopText })),
        ],
        {
          error: stopText,
        },
      ),
    ),
    stream: z.nullish(z.literal([true, false], { error: 'true or false' })),
    stream_options: z.nullish(object('an object')),
    tools: z.nullish(z.array(toolSchema(), { error: 'a list of tools' })),
    tool_choice: z.nullish(
      z.union([z.string(), object('', { type: text('the type of a tool') })], {
        error: 'none, auto, required or { type, function: { name } }',
      }),
    ),
    response_format: z.nullish(
      object('an object such as { type: "json_object" }', { type: text('text, json_object or json_schema') }),
    ),
  });
}

function messageSchema() {
  const part = object('an object such as { type: "text", text }', { type: text('the type of a part, such as text') });
  const content = z.union([z.string(), z.array(part)], { error: 'a string or a list of parts' });
  const toolCall = object('a tool call', { id: text('the id of the call') });
  // The commonest first that are not plain, as one is tried after the other.
  return z.union(
    [
      z.looseObject({
        role: z.literal('assistant'),
        content: z.nullish(content),
        tool_calls: z.nullish(z.array(toolCall, { error: 'a list of tool calls' })),
      }),
      z.looseObject({ role: z.literal('tool'), content, tool_call_id: text('the id of the call that this answers') }),
      z.looseObject({ role: z.literal(['user', 'system', 'developer']), content }),
      z.looseObject({ role: z.literal('function'), content: z.nullish(content) }),
    ],
    {
      error: ({ input }) =>
        typeof input === 'object' && input !== null
          ? 'system, developer, user, assistant, tool or function'
          : 'a message such as { role: "user", content }',
    },
  );
}

function toolSchema() {
  const fn = object('an object such as { name, parameters }', {
    name: text('the name of a function'),
    parameters: z.nullish(object('a JSON Schema')),
  });
  return object('an object such as { type: "function", function: { name, parameters } }', {
    type: text('the type of a tool, such as function'),
    function: z.nullish(fn),
  });
}

function object<Shape extends z.core.$ZodLooseShape = Record<never, never>>(error: string, shape?: Shape) {
  return z.looseObject(shape ?? ({} as Shape), { error });
}

function text(error: string) {
  return z.string({ error }).check(z.minLength(1, { error }));
}

function like(is: (value: unknown) => boolean, error: string) {
  return z.nullish(z.unknown().check(z.refine(is, { error })));
}

function count() {
  const error = 'a positive integer';
  return z.nullish(z.int({ error }).check(z.minimum(1, { error })));
}

function between(least: number, most: number) {
  const error = `a number from ${least} to ${most}`;
  return z.nullish(z.number({ error }).check(z.minimum(least, { error }), z.maximum(most, { error })));
}

/** By shape, as two copies of RxJS may be in one program. */
function isObservableLike(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && typeof (value as { subscribe?: unknown }).subscribe === 'function'
  );
}
