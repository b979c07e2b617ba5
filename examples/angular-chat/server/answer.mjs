/**
 * What the simulator says, in Markdown, so that there is something to see.
 * @param {{ readonly messages: readonly { readonly content?: unknown }[] }} body
 */
export function answer({ messages }) {
  const question = String(messages.at(-1)?.content ?? '');
  if (/table|compare/i.test(question)) return TABLE;
  if (/haiku|poem/i.test(question)) return HAIKU;
  return /fact number/.test(question)
    ? `${question.replace(/\D/g, '')}. Those who wait in order wait least in all.`
    : BUCKET;
}

const BUCKET = `A **token bucket** holds at most a fixed number of tokens and is refilled at a steady rate. (simulated)

1. A request takes what it costs.
2. If there is not enough, it *waits in line*.
3. The first in line goes at the very instant at which there is.

\`\`\`ts
const window = { limit: 30, per: '1m', kind: 'bucket' };
\`\`\`

So 35 requests at 30 a minute end after ten seconds, not after a minute.`;

const TABLE = `Two ways to count the same quota (simulated):

| | sliding window | bucket |
| --- | --- | --- |
| at most | 30 in *any* minute | 30 at once |
| comes back | all at its time | one every 2 s |
| 35 requests | 60 s | **10 s** |

> Safe against a server you know nothing about: the window. Without waste against Groq: the bucket.`;

const HAIKU = `*One line, many feet.*
*The urgent pass like the wind.*
*Nobody is lost.*

(simulated)`;
