import type { ChatClient, ChatRequest, ToolContext, ToolEvent } from 'rx-groq';
import type { Observable } from 'rxjs';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

declare const client: ChatClient;
declare const request: ChatRequest;

describe('client.runTools', () => {
  test('infers the arguments of each tool from its own schema, as it transforms them', () => {
    const events$ = client.runTools(request, {
      weather: {
        description: 'The weather of a city',
        parameters: z.object({ city: z.string(), days: z.int().default(1) }),
        run: (args, call) => {
          expectTypeOf(args).toEqualTypeOf<{ city: string; days: number }>();
          expectTypeOf(call).toEqualTypeOf<ToolContext>();
          return args.city;
        },
      },
      now: {
        parameters: z.object({}),
        run: async (_, { signal }) => signal.aborted,
      },
    });
    expectTypeOf(events$).toEqualTypeOf<Observable<ToolEvent>>();
  });

  test('takes tools that are declared elsewhere', () => {
    const tools = {
      add: {
        parameters: z.object({ a: z.number(), b: z.number() }),
        run: ({ a, b }: { a: number; b: number }) => a + b,
      },
    };
    client.runTools(request, tools, { maxRounds: 3, toolTimeout: 1000 });
  });

  test('does not take a tool that expects other arguments', () => {
    // @ts-expect-error -- the schema gives a text
    client.runTools(request, { add: { parameters: z.object({ a: z.string() }), run: ({ a }: { a: number }) => a } });
  });

  test('events narrow by type', () => {
    const event = {} as ToolEvent;
    if (event.type === 'done') expectTypeOf(event.outcome).toEqualTypeOf<'answered' | 'max_rounds'>();
    if (event.type === 'result' && !event.ok) {
      expectTypeOf(event.reason).toEqualTypeOf<'unknown_tool' | 'arguments' | 'failed' | 'timeout'>();
    }
  });
});
