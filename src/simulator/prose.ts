import { pick, type Random } from './random.js';
import { splitTokens } from './tokens.js';

/** In every answer: nobody shall take it for a model's. JSON says it in its own way. */
export const SIMULATED = '(simulated)';

const SENTENCES: readonly ((a: string, b: string) => string)[] = [
  (a, b) => `The short version is that ${a} and ${b} go together more often than not.`,
  (a, b) => `It helps to look at ${a} first, because ${b} follows from it.`,
  (a, b) => `In practice ${a} matters more than it seems, and ${b} matters less.`,
  (a, b) => `Most mistakes with ${a} come from forgetting ${b}.`,
  (a, b) => `A good test is to change ${a} a little and to see what happens to ${b}.`,
  (a, b) => `Where ${a} and ${b} disagree, the simpler explanation is usually right.`,
  a => `None of this is new, but ${a} is often overlooked.`,
  (a, b) => `One can go from ${a} to ${b} in small steps, checking each.`,
  (a, b) => `There are exceptions, most of them where ${b} is more important than ${a}.`,
  a => `So much for ${a}; the rest is a matter of taste.`,
];

/** Words that tell what to do, not what it is about. */
const FILLERS = new Set(
  `about above after again also answer asked because been before below best between both brief briefly can compare could
  define describe does each every explain extract fields following from give given have here into json just line lines
  list make many mention more most much must name need only other over paragraph please question reply return short
  should show simple some sentence sentences summarise summarize summary tell than that their them then there these they
  thing things this those three translate translation under using very want well were what when where which while with
  whose word words would write your`.split(/\s+/),
);

/** The words that a question seems to be about: its longest, in their order. */
export function topicWords(question: string): readonly string[] {
  const words = [...new Set(question.match(/\p{L}[\p{L}-]{3,24}/gu) ?? [])].filter(
    word => !FILLERS.has(word.toLowerCase()),
  );
  const longest = [...words].sort((a, b) => b.length - a.length).slice(0, 8);
  const topics = words.filter(word => longest.includes(word));
  return topics.length > 0 ? topics : ['the question'];
}

/** 14 for "What is 7+7?" or "12 * 3 ="; undefined where no sum is asked. */
export function arithmetic(question: string): string | undefined {
  const asked =
    /(?:what(?:'s| is)|how much is|calculate|compute|^)\s*(-?\d+(?:\.\d+)?)\s*(\+|-|−|\*|x|×|\/|÷|plus|minus|times|divided by)\s*(-?\d+(?:\.\d+)?)\s*(?:[?=.!]|$)/i.exec(
      question.trim(),
    );
  if (asked === null) return undefined;
  const [left, right] = [Number(asked[1]), Number(asked[3])];
  const operator = asked[2]!.toLowerCase();
  if (operator === '+' || operator === 'plus') return shown(left + right);
  if (operator === '-' || operator === '−' || operator === 'minus') return shown(left - right);
  if (operator === '*' || operator === 'x' || operator === '×' || operator === 'times') return shown(left * right);
  return right === 0 ? 'undefined' : shown(left / right);
}

/**
 * Text of up to `target` tokens that takes up the words of the question. A translation, a summary and an extraction are made
 * of what they were given and end there; everything else goes on with whole sentences from a box.
 */
export function prose(question: string, target: number, random: Random): string {
  const topics = topicWords(question);
  const task = taskAnswer(question, topics);
  if (task !== undefined) return task;
  let text = `${SIMULATED} About ${topics[0]}: it depends.`;
  let length = splitTokens(text).length;
  for (let turn = Math.floor(random() * SENTENCES.length); ; turn++) {
    const first = pick(random, topics);
    const others = topics.filter(topic => topic !== first);
    const sentence = SENTENCES[turn % SENTENCES.length]!;
    const said = ` ${sentence(first, others.length > 0 ? pick(random, others) : 'everything else')}`;
    length += splitTokens(said).length;
    if (length > target) return text;
    text += said;
  }
}

export function thought(question: string): string {
  const [first = 'this'] = topicWords(question);
  return `The user asks about ${first}. I am simulated, so a few plain sentences will do.`;
}

function taskAnswer(question: string, topics: readonly string[]): string | undefined {
  // What follows the first colon or line break is the matter, what stands before it the task.
  const matter = /^[^:\n]{0,200}[:\n]\s*(.+)$/s.exec(question)?.[1]?.trim() ?? question;
  const words = matter.split(/\s+/);
  const language = /\btranslate\b[^:\n]*?\b(?:in)?to\s+(\p{Lu}\p{L}+)/iu.exec(question)?.[1];
  if (language !== undefined) return `${SIMULATED} In ${language}: ${matter}`;
  if (/\bsummari[sz]e|\bsummary\b/i.test(question)) {
    return `${SIMULATED} In short: ${words
      .slice(0, 20)
      .join(' ')
      .replace(/[,;:.]$/, '')}.`;
  }
  return /\bjson\b/i.test(question) ? JSON.stringify({ simulated: true, items: topics }) : undefined;
}

/** Without the tail of a binary fraction: 0.1 + 0.2 is 0.3. */
function shown(value: number): string {
  return String(Number(value.toPrecision(12)));
}
