import fc from 'fast-check';
import { type ChatMessage, type ChatRequest, fitMessages, type TokenCounter } from 'rx-groq';
import { firstValueFrom, from, map, of, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';

/** A token a UTF-16 unit of text, 3 around a message, 5 around all. */
const tokenCounter: TokenCounter = ({ messages }) =>
  messages.reduce((sum, { content }) => sum + 3 + String(content ?? '').length, 5);
const tokensOf = (messages: readonly ChatMessage[]) => tokenCounter({ model: 'm', messages }) as number;

const say = (role: string, content: string): ChatMessage => ({ role, content });
const call: ChatMessage = {
  role: 'assistant',
  content: null,
  tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: '{}' } }],
};
const result = (content: string): ChatMessage => ({ role: 'tool', tool_call_id: '1', content });
const fitting = (messages: readonly ChatMessage[], maxTokens: number, keep?: number) =>
  firstValueFrom(
    of({ model: 'm', messages }).pipe(fitMessages({ maxTokens, tokenCounter, ...(keep !== undefined && { keep }) })),
  );

describe('fitMessages', () => {
  it('gives back the same request where it fits', async () => {
    const request: ChatRequest = { model: 'm', messages: [say('user', 'hello')] };
    const fitted = await firstValueFrom(of(request).pipe(fitMessages({ maxTokens: 13, tokenCounter })));
    expect(fitted.request).toBe(request);
    expect(fitted).toMatchObject({ tokens: 13, dropped: [], truncated: undefined });
  });

  it('leaves out the oldest, keeps instructions and the end of what does not fit whole, and says so', async () => {
    const messages = [
      say('system', 'Be kind.'),
      say('user', 'first question'),
      say('assistant', 'a long answer'),
      say('user', 'next'),
    ];
    const { request, dropped, truncated, tokens } = await fitting(messages, 5 + 11 + 9 + 7);
    expect(request.messages).toEqual([messages[0], say('assistant', '…nswer'), messages[3]]);
    expect(dropped).toEqual([messages[1]]);
    expect(truncated).toBe(messages[2]);
    expect(tokens).toBe(32);
  });

  it('leaves out a tool call together with its results', async () => {
    const messages = [say('user', 'question'), call, result('one'), result('two'), say('user', 'next')];
    for (let maxTokens = 12; maxTokens < tokensOf(messages) - 11; maxTokens++) {
      const { request } = await fitting(messages, maxTokens);
      expect(request.messages.filter(({ role }) => role === 'tool')).toHaveLength(
        request.messages.includes(call) ? 2 : 0,
      );
    }
  });

  it('keeps the call of a result that must stay', async () => {
    const messages = [say('user', 'question'), call, result('one')];
    expect((await fitting(messages, 14)).request.messages).toEqual([call, messages[2]]);
  });

  it('never tears a grapheme', async () => {
    const family = '👩‍👩‍👧‍👦';
    const messages = [say('user', family.repeat(4)), say('user', 'x')];
    for (let maxTokens = 9; maxTokens < tokensOf(messages); maxTokens++) {
      const { request, truncated } = await fitting(messages, maxTokens);
      if (truncated) expect(request.messages[0]?.content).toMatch(new RegExp(`^…(${family})+$`, 'u'));
      else expect(request.messages).toHaveLength(1);
    }
  });

  it('fails where what must stay is too much', async () => {
    await expect(fitting([say('system', 'x'.repeat(100)), say('user', 'y')], 50)).rejects.toMatchObject({
      kind: 'request_too_large',
      limit: 50,
      window: 'maxTokens',
    });
  });

  it.each([0, 1.5, Number.NaN, -1])('takes no budget of %s', maxTokens => {
    expect(() => fitMessages({ maxTokens })).toThrow(TypeError);
  });

  it('is never over its budget, loses only what it says, and keeps calls with their results', async () => {
    const message = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }).map(text => say('user', text)),
      fc.string({ maxLength: 30 }).map(text => say('assistant', text)),
      fc.string({ maxLength: 10 }).map(text => say('system', text)),
      fc.constant(null),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 12 }),
        fc.nat(4),
        fc.integer({ min: 1, max: 300 }),
        async (drawn, keep, maxTokens) => {
          const messages = drawn.flatMap(one => (one ? [one] : [{ ...call }, result('r'), result('rr')]));
          const fitted = await fitting(messages, maxTokens, keep).catch(error => {
            expect(error.kind).toBe('request_too_large');
          });
          if (!fitted) return;
          const { request, dropped, truncated } = fitted;
          expect(fitted.tokens).toBe(tokensOf(request.messages));
          expect(fitted.tokens).toBeLessThanOrEqual(maxTokens);
          const whole = request.messages.filter(one => messages.includes(one));
          expect(request.messages).toHaveLength(whole.length + (truncated ? 1 : 0));
          expect(new Set([...whole, ...dropped, ...(truncated ? [truncated] : [])])).toEqual(new Set(messages));
          for (const [index, one] of messages.entries()) {
            if (one.role === 'system' || index >= messages.length - keep) expect(whole).toContain(one);
            if (one.role === 'tool') expect(whole.includes(one)).toBe(whole.includes(messages[index - 1]!));
          }
        },
      ),
    );
  });

  it('counts with the tokenizer unless told otherwise, and in order', async () => {
    const messages = [say('user', 'word '.repeat(2000)), say('assistant', 'well '.repeat(20)), say('user', 'hello')];
    const fitted = await firstValueFrom(
      from([messages, messages.slice(1)]).pipe(
        map(some => ({ model: 'openai/gpt-oss-20b', messages: some })),
        fitMessages({ maxTokens: 150 }),
        toArray(),
      ),
    );
    expect(fitted.map(({ tokens }) => tokens)).toEqual([expect.any(Number), 67 + 4 + 6 + 21 + 1]);
    expect(fitted[0]!.tokens).toBeGreaterThan(140);
    expect(fitted[0]!.tokens).toBeLessThanOrEqual(150);
    expect(fitted[0]!.truncated).toBe(messages[0]);
  });
});
