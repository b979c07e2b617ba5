import { catchError, concat, concatMap, from, isObservable, map, Observable, type ObservableInput, of } from 'rxjs';
import { isChatError } from '../errors/index.js';
import { parseText } from '../operators/answerText.js';
import { checkValue } from '../operators/checkValue.js';
import { jsonSchemaOf } from '../operators/jsonSchemaOf.js';
import { operatorSubscriber } from '../operators/operatorSubscriber.js';
import { checkSchema } from '../operators/standardSchema.js';
import type { Clock } from '../pacing/index.js';
import type { ChatTool, ToolCall } from '../request/index.js';
import { wrongWith } from './parse.js';
import type { Tool, ToolEvent } from './Tools.js';

/** The tools as the API wants them declared. @throws TypeError that names the tool */
export function declareTools(tools: Readonly<Record<string, Tool>>): ChatTool[] {
  return Object.entries(tools).map(([name, tool]) => {
    const where = `runTools: ${name}`;
    if (!/^[\w-]{1,64}$/.test(name))
      throw new TypeError(`${where}: expected a name of 1 to 64 letters, digits, _ or -`);
    if (typeof tool?.run !== 'function') throw new TypeError(`${where}: expected { parameters, run }`);
    checkSchema(where, tool.parameters);
    const { $schema: _, ...parameters } = jsonSchemaOf(where, tool.parameters);
    if (parameters.type !== 'object') throw new TypeError(`${where}: parameters must be an object: z.object({ … })`);
    return { type: 'function', function: { name, description: tool.description, parameters } };
  });
}

export type ToolResult = Extract<ToolEvent, { type: 'result' }>;

/** Runs one call of a tool: emits that it begins, then its result. Never errors: what goes wrong is a result, too. */
export function runTool(
  tools: Readonly<Record<string, Tool>>,
  { id, function: { name, arguments: text } }: ToolCall,
  round: number,
  toolTimeout: number,
  clock: Clock,
): Observable<ToolEvent> {
  const about = { round, id, name };
  const failed = (reason: Extract<ToolResult, { ok: false }>['reason'], error: unknown): ToolResult => {
    return { type: 'result', ...about, ok: false, reason, error };
  };
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (!tool) {
    const known = Object.keys(tools).join(', ');
    return of(failed('unknown_tool', new Error(`there is no tool "${name}", only: ${known}`)));
  }
  const run = (args: unknown): Observable<ToolEvent> =>
    resultOf(signal => tool.run(args, { id, name, signal }), toolTimeout, clock).pipe(
      map(value => {
        toText(value); // throws for what can't be told
        return { type: 'result', ...about, ok: true, value } as const;
      }),
      catchError(error => of(failed(error instanceof TimeUp ? 'timeout' : 'failed', error))),
    );
  const check = (): Observable<unknown> => {
    const value = text.trim() === '' ? {} : parseText(text, called, `the arguments of ${name}`);
    return checkValue(tool.parameters, value, text, called, `the arguments of ${name} are`);
  };
  // A schema may ask somebody else, too.
  return resultOf(check, toolTimeout, clock).pipe(
    map(args => concat(of({ type: 'call', ...about, arguments: args } as const), run(args))),
    catchError(error => of(of(failed(error instanceof TimeUp ? 'timeout' : 'arguments', error)))),
    concatMap(events$ => events$),
  );
}

const called = { finish: 'tool_calls' };

/** What the model is told of a result. */
export function toldOf(result: ToolResult): string {
  if (result.ok) return toText(result.value);
  const { error } = result;
  if (isChatError(error) && error.kind === 'answer_invalid' && result.reason === 'arguments') {
    return `Error: ${wrongWith(error)} Call it again with other arguments.`;
  }
  return `Error: ${error instanceof Error ? error.message : String(error)}`;
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

class TimeUp extends Error {}

/** The last value of what `run` gives. Its signal is aborted if that is left before it has ended. */
function resultOf(run: (signal: AbortSignal) => unknown, toolTimeout: number, clock: Clock): Observable<unknown> {
  return new Observable(subscriber => {
    const controller = new AbortController();
    let ended = false;
    let last: unknown;
    subscriber.add(() => ended || controller.abort());
    if (toolTimeout < Number.POSITIVE_INFINITY) {
      const timeUp = (): void => subscriber.error(new TimeUp(`the tool has not answered within ${toolTimeout} ms`));
      subscriber.add(clock.schedule(timeUp, toolTimeout));
    }
    toObservable(run(controller.signal)).subscribe(
      operatorSubscriber<unknown>(
        subscriber,
        value => {
          last = value;
        },
        () => {
          ended = true;
          subscriber.next(last);
          subscriber.complete();
        },
        error => {
          ended = true;
          subscriber.error(error);
        },
      ),
    );
  });
}

/** Unlike RxJS's own idea of it, text and lists are values, and so is what has a `then` that is no function, as a rule may. */
function toObservable(result: unknown): Observable<unknown> {
  const ways = ['then', 'getReader', Symbol.asyncIterator];
  const isAsync = ways.some(name => typeof (result as Record<PropertyKey, unknown> | null)?.[name] === 'function');
  return isAsync || isObservable(result) ? from(result as ObservableInput<unknown>) : of(result);
}
