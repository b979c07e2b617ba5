import { type ChatBody, type ChatTool, capOf, questionOf } from './chatBody.js';
import { arithmetic, prose, SIMULATED, thought, topicWords } from './prose.js';
import { identifier, type Random, seededRandom } from './random.js';
import { schemaValue } from './schemaValue.js';
import { splitTokens } from './tokens.js';

/** What a model says to a request; each piece is one token. */
export interface Answer {
  readonly reasoning: readonly string[];
  readonly content: readonly string[];
  readonly toolCall: { readonly id: string; readonly name: string; readonly arguments: string } | null;
  readonly finish: 'stop' | 'length' | 'tool_calls';
  /** Tokens of all of it; never above the cap. */
  readonly tokens: number;
}

/** The longest prose, whatever the cap allows. */
const LONGEST = 800;

/**
 * The answer to a request. It depends on the seed and the request alone, so the same question is answered alike each time.
 * @param most tokens: the cap, or what was reserved in its place
 */
export function answerTo(
  body: ChatBody,
  seed: number,
  most: number,
  given?: (body: ChatBody) => string | undefined,
): Answer {
  const question = questionOf(body);
  const random = seededRandom(seed, 'answer', body.model, String(body.seed ?? ''), JSON.stringify(body.messages));
  const tool = askedTool(body);
  if (tool !== undefined) return toolAnswer(tool, question, most, random);

  const reasoning = asksForReasoning(body) ? splitTokens(thought(question)) : [];
  const room = Math.max(0, most - reasoning.length);
  const whole = splitTokens(stopped(given?.(body) ?? textFor(body, question, room, random), body.stop));
  const content = whole.slice(0, room);
  const thoughts = reasoning.slice(0, most);
  const finish = content.length < whole.length || thoughts.length < reasoning.length ? 'length' : 'stop';
  return { reasoning: thoughts, content, toolCall: null, finish, tokens: thoughts.length + content.length };
}

function textFor(body: ChatBody, question: string, room: number, random: Random): string {
  const format = body.response_format;
  if (format?.type === 'json_schema') {
    return JSON.stringify(schemaValue(format.json_schema?.schema ?? {}, topicWords(question), random));
  }
  const sum = arithmetic(question);
  if (format?.type === 'json_object') {
    return JSON.stringify({ simulated: true, answer: sum ?? topicWords(question).join(', ') });
  }
  if (sum !== undefined) return `${sum} ${SIMULATED}`;
  // A model rarely uses the whole cap: 0.3 to 0.9 of it, and no more than the question is worth.
  const worth = 30 + 2 * splitTokens(question).length;
  const share = 0.3 + 0.6 * random();
  return prose(
    question,
    Math.min(LONGEST, capOf(body) === undefined ? worth : Math.max(worth, 120), room) * share,
    random,
  );
}

function askedTool({ tools, tool_choice }: ChatBody): ChatTool | undefined {
  if (tool_choice === 'required') return tools?.[0];
  const name = typeof tool_choice === 'string' ? undefined : tool_choice?.function?.name;
  return name === undefined ? undefined : tools?.find(tool => tool.function.name === name);
}

function toolAnswer(tool: ChatTool, question: string, most: number, random: Random): Answer {
  const { name, parameters = {} } = tool.function;
  const filled = schemaValue({ type: 'object', ...parameters }, topicWords(question), random);
  const pieces = splitTokens(JSON.stringify(filled));
  const kept = pieces.slice(0, most);
  return {
    reasoning: [],
    content: [],
    toolCall: { id: `call_${identifier(random).slice(0, 9)}`, name, arguments: kept.join('') },
    finish: kept.length < pieces.length ? 'length' : 'tool_calls',
    tokens: kept.length,
  };
}

function asksForReasoning(body: ChatBody): boolean {
  if (body.include_reasoning === false || body.reasoning_format === 'hidden') return false;
  const effort = body.reasoning_effort ?? 'none';
  return effort !== 'none' || body.include_reasoning === true || body.reasoning_format === 'parsed';
}

/** Up to the first stop sequence. */
function stopped(text: string, stop: ChatBody['stop']): string {
  const sequences = typeof stop === 'string' ? [stop] : (stop ?? []);
  const ends = sequences.map(sequence => text.indexOf(sequence)).filter(index => index >= 0);
  return text.slice(0, Math.min(text.length, ...ends));
}
