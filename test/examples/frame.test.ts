import { describe, expect, it } from 'vitest';
import { widthOf } from '../../examples/main-job/columns.js';
import { finishedLine } from '../../examples/main-job/finishedLine.js';
import { frame, type View } from '../../examples/main-job/frame.js';
import type { Result } from '../../examples/main-job/Result.js';
import { coloured, plain } from '../../examples/main-job/style.js';
import { summarize } from '../../examples/main-job/summary.js';
import { summaryTable } from '../../examples/main-job/summaryTable.js';
import { LARGE, SMALL } from './harness.js';

const window = (unit: string, limit: number, per: number, used: number) => ({
  unit,
  limit,
  per,
  used,
  kind: 'bucket' as const,
  available: limit - used,
  learned: false,
});

function limits(requests: number, tokens: number, nextAdmissionMs: number | null) {
  const windows = [
    window('requests', 30, 20_000, requests),
    window('requests', 1000, 28_800_000, requests),
    window('tokens', 8000, 20_000, tokens),
    window('tokens', 200_000, 28_800_000, tokens + 400),
  ];
  return { windows, nextAdmissionMs };
}

const view: View = {
  models: [
    { name: LARGE, limits: limits(14, 7934, 840), counts: { queued: 6, inFlight: 2, done: 12 } },
    { name: SMALL, limits: limits(20, 3950.4, null), counts: { queued: 0, inFlight: 1, done: 19 } },
  ],
  talk: {
    job: {
      line: 3,
      priority: 4,
      request: { model: LARGE, messages: [{ role: 'user', content: 'Why is\nthe sky blue?' }] },
    },
    text: 'Because short waves are scattered more than long ones. At sunset the light has come a long way\u001B[2J through the air, and what is left of it is red. 青い空。',
    finishReason: null,
    refusals: 0,
  },
  done: 31,
  total: 40,
  elapsedMs: 9420,
  timeScale: 3,
};

describe('the live view', () => {
  it('at 100 columns', () => {
    expect(`\n${frame(view, 100, plain).join('\n')}\n`).toMatchInlineSnapshot(`
      "

      openai/gpt-oss-120b                                 6 in line · 2 in flight · 12 done  next in 0.8 s
        requests/min ███████▉░░░░░░░░░ 14 / 30            requests/day ▎░░░░░░░░░░░░░░░░ 14 / 1,000
        tokens/min   ████████████████▉ 7,934 / 8,000      tokens/day   ▊░░░░░░░░░░░░░░░░ 8,334 / 200,000
      openai/gpt-oss-20b                                  0 in line · 1 in flight · 19 done               
        requests/min ███████████▍░░░░░ 20 / 30            requests/day ▍░░░░░░░░░░░░░░░░ 20 / 1,000
        tokens/min   ████████▍░░░░░░░░ 3,950 / 8,000      tokens/day   ▍░░░░░░░░░░░░░░░░ 4,350 / 200,000

      ▸ p4 gpt-oss-120b · Why is the sky blue?
        Because short waves are scattered more than long ones. At sunset the light has come a long way
        through the air, and what is left of it is red. 青い空。

      ████████████████████████████████████████████████████▊░░░░░░░░░░░░░░░ 31 of 40 · 9.4 s · Ctrl-C stops
      "
    `);
  });

  it('at 60 columns', () => {
    expect(`\n${frame(view, 60, plain).join('\n')}\n`).toMatchInlineSnapshot(`
      "

      openai/gpt-oss-120b                            next in 0.8 s
        6 in line · 2 in flight · 12 done
        requests/min ████████████▋░░░░░░░░░░░░░░ 14 / 30
        requests/day ▍░░░░░░░░░░░░░░░░░░░░░░░░░░ 14 / 1,000
        tokens/min   ██████████████████████████▊ 7,934 / 8,000
        tokens/day   █▏░░░░░░░░░░░░░░░░░░░░░░░░░ 8,334 / 200,000
      openai/gpt-oss-20b                                          
        0 in line · 1 in flight · 19 done
        requests/min ██████████████████░░░░░░░░░ 20 / 30
        requests/day ▌░░░░░░░░░░░░░░░░░░░░░░░░░░ 20 / 1,000
        tokens/min   █████████████▍░░░░░░░░░░░░░ 3,950 / 8,000
        tokens/day   ▋░░░░░░░░░░░░░░░░░░░░░░░░░░ 4,350 / 200,000

      ▸ p4 gpt-oss-120b · Why is the sky blue?
        sunset the light has come a long way through the air, and
        what is left of it is red. 青い空。

      █████████████████████▊░░░░░░ 31 of 40 · 9.4 s · Ctrl-C stops
      "
    `);
  });

  it.each([20, 40, 59, 60, 61, 79, 80, 120, 200, 300])('is never wider than %d columns, coloured or not', width => {
    for (const paint of [plain, coloured]) {
      for (const line of frame(view, width, paint)) expect(widthOf(line)).toBeLessThanOrEqual(width);
    }
  });

  it('keeps its height, whether somebody speaks or not', () => {
    expect(frame({ ...view, talk: undefined }, 100, plain)).toHaveLength(frame(view, 100, plain).length);
  });
});

const result: Result = {
  line: 7,
  context: null,
  model: SMALL,
  priority: 10,
  ok: true,
  answer: 'Paris,\n\nas everybody knows',
  finishReason: 'stop',
  usage: { prompt_tokens: 80, completion_tokens: 20, total_tokens: 100 },
  reservedTokens: 380,
  queuedMs: 1240,
  firstTokenMs: 90,
  totalMs: 1500,
  attempts: 1,
  refusals: 0,
  finishedAt: '2026-11-24T12:00:02.000Z',
};
const failed: Result = {
  ...(({ answer, finishReason, usage, reservedTokens, ...rest }) => rest)(result as Result & { ok: true }),
  ok: false,
  error: { kind: 'api', message: 'Server error.\nTry again.' },
  attempts: 4,
  finishedAt: '2026-11-24T12:00:03.000Z',
};

describe('a finished line', () => {
  const line = (entry: Parameters<typeof finishedLine>[0], width = 100) =>
    finishedLine(entry, { width, paint: plain, modelWidth: 12 }).replace(/^\d\d:\d\d:\d\d/, 'hh:mm:ss');

  it('tells time, line, priority, model, wait and the first words', () => {
    expect(line(result)).toBe('hh:mm:ss ✔  #7 p10 gpt-oss-20b  waited  1.2 s Paris, as everybody knows');
    expect(line(result, 60)).toBe('hh:mm:ss ✔  #7 p10 gpt-oss-20b  waited  1.2 s Paris, as eve…');
    expect(line({ ...result, finishReason: 'length' } as Result)).toContain('[cut off] Paris');
  });

  it('tells what has failed', () => {
    expect(line(failed)).toBe('hh:mm:ss ✘  #7 p10 gpt-oss-20b  waited  1.2 s api: Server error. Try again.');
    expect(line({ line: 9, ok: false, error: { kind: 'broken_line', message: 'Unexpected end' } })).toBe(
      '✘ line 9 is no request: Unexpected end',
    );
  });
});

describe('the summary', () => {
  const quotas = new Map([[SMALL, limits(0, 0, null).windows.filter(({ per }) => per === 20_000)]]);

  it('is made of the results', () => {
    const other: Result = { ...result, line: 8, priority: 2, queuedMs: 0, refusals: 1, attempts: 2 };
    expect(summarize([result, failed, other], quotas)).toMatchObject({
      answered: 2,
      failed: 1,
      retried: 3,
      refused: 1,
      requests: 7,
      promptTokens: 160,
      answerTokens: 40,
      elapsedMs: 2500,
      tokensPerSecond: 16,
      waits: [
        { priority: 2, requests: 1, medianMs: 0 },
        { priority: 10, requests: 2, medianMs: 1240 },
      ],
    });
  });

  it('says of each window which share of what it allowed was taken', () => {
    const [model] = summarize([result], quotas).models;
    expect(model!.shares.map(({ share }) => share)).toEqual([1 / 30, 380 / 8000]);
    const later: Result = { ...result, finishedAt: '2026-11-24T12:00:22.000Z' }; // a whole window after the first
    const [both] = summarize([result, later], quotas).models;
    expect(both!.shares.map(({ share }) => share)).toEqual([2 / 60, 760 / 16_000]);
  });

  it('has something to say of nothing', () => {
    const summary = summarize([], new Map());
    expect(summary).toMatchObject({ answered: 0, elapsedMs: 0, tokensPerSecond: 0 });
    expect(summaryTable(summary, { width: 60, paint: plain, timeScale: 1 })[1]).toBe(
      '  answered                      0',
    );
  });

  it.each([30, 60, 100])('as a table is never wider than %d columns', width => {
    const lines = summaryTable(summarize([result, failed], quotas), { width, paint: coloured, timeScale: 3 });
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
  });

  it('as a table', () => {
    const lines = summaryTable(summarize([result, failed], quotas), { width: 60, paint: plain, timeScale: 3 });
    expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
      "
      Summary
        answered                      1
        failed                        1
        retried                       3
        refused by the server         0
        requests sent                 5
        tokens sent                  80
        tokens received              20
        tokens per second             8
        time taken                2.5 s

      Share of the quota used
        openai/gpt-oss-20b
          requests/min      16 % ███▏░░░░░░░░░░░░░░░░
          tokens/min         5 % ▉░░░░░░░░░░░░░░░░░░░

      Median wait by priority
        10    1.2 s   of 2 ███████████████████████████████████████
      "
    `);
  });
});
