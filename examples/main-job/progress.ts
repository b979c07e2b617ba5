import type { ChatChunk, ChatEvent, FinishReason } from 'rx-groq';
import type { Job } from './jobs.js';
import type { Result } from './Result.js';

/** All that happens: the life of every request, and what the models say. */
export type News = ChatEvent | { readonly type: 'chunk'; readonly job: Job; readonly chunk: ChatChunk };

/** A request that has been sent, and the answer so far. */
export interface Talk {
  readonly job: Job;
  readonly text: string;
  readonly finishReason: FinishReason | null;
  readonly refusals: number;
}

export interface Progress {
  /** By line; the one that was sent first comes first. */
  readonly talks: ReadonlyMap<number, Talk>;
  /** What has ended with this very news. */
  readonly ended: Result | undefined;
}

export const begin: Progress = { talks: new Map(), ended: undefined };

/** The next progress: what `scan` makes of the news. */
export function advance({ talks }: Progress, news: News): Progress {
  if (news.type !== 'chunk' && news.request === null) return { talks, ended: undefined }; // of no request in particular
  const job = news.type === 'chunk' ? news.job : (news.request.context as Job);
  const talk = talks.get(job.line) ?? { job, text: '', finishReason: null, refusals: 0 };
  const goOn = (change: Partial<Talk>): Progress => ({
    talks: new Map(talks).set(job.line, { ...talk, ...change }),
    ended: undefined,
  });
  const end = (ended?: Result): Progress => {
    const others = new Map(talks);
    others.delete(job.line);
    return { talks: others, ended };
  };

  switch (news.type) {
    case 'sent':
      return goOn({ text: '', finishReason: null });
    case 'refused':
      return goOn({ refusals: talk.refusals + 1 });
    case 'chunk': {
      const [choice] = news.chunk.choices;
      return goOn({
        text: talk.text + (choice?.delta?.content ?? ''),
        finishReason: choice?.finish_reason ?? talk.finishReason,
      });
    }
    case 'completed':
    case 'failed':
      return end(resultOf(talk, news));
    case 'cancelled':
      return end();
    default:
      return { talks, ended: undefined };
  }
}

type Ending = Extract<ChatEvent, { type: 'completed' | 'failed' }>;

function resultOf({ job, text, finishReason, refusals }: Talk, ending: Ending): Result {
  const { request, line, priority } = job;
  const { queuedMs, firstTokenMs, totalMs, attempts } = ending.timing;
  const about = { line, context: request.context ?? null, model: request.model, priority };
  const timing = {
    queuedMs: Math.round(queuedMs),
    firstTokenMs: firstTokenMs && Math.round(firstTokenMs),
    totalMs: Math.round(totalMs),
    attempts,
    refusals,
    finishedAt: new Date().toISOString(),
  };
  if (ending.type === 'failed') {
    const { kind, message } = ending.error;
    return { ...about, ok: false, error: { kind, message }, ...timing };
  }
  const { usage } = ending;
  const cap = request.max_completion_tokens ?? request.max_tokens ?? usage?.completion_tokens ?? 0;
  const reservedTokens = (usage?.prompt_tokens ?? 0) + cap;
  return { ...about, ok: true, answer: text, finishReason, usage, reservedTokens, ...timing };
}
