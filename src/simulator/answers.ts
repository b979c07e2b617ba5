import { type ChatBody, type ChatTool, capOf, questionOf } from './chatBody.js';
import { arithmetic, prose, SIMULATED, thought, topicWords } from './prose.js';
import { identifier, type Random, seededRandom } from './random.js';
import { schemaValue } from './schemaValue.js';
import { splitTokens } from './tokens.js';

/** What a model says to a request; each piece is one token. */
export interface Answer {
  readonly reasoning: readonly string[];
  readonly content: readonly string[];
  /** `arguments`: JSON text. */
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly finish: 'stop' | 'length' | 'tool_calls';
  /** Tokens of all of it; never above the cap. */
  readonly tokens: number;
}

/** An answer that calls tools instead of saying anything. */
export interface SimulatedToolCalls {
  /** `arguments`: JSON text, or what it is made of. */
  readonly toolCalls: readonly { readonly name: string; readonly arguments: unknown }[];
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
  given?: (body: ChatBody) => string | SimulatedToolCalls | undefined,
): Answer {
  const question = questionOf(body);
  const random = seededRandom(seed, 'answer', body.model, String(body.seed ?? ''), JSON.stringify(body.messages));
  const said = given?.(body);
  if (typeof said === 'object') return toolAnswer(said, most, random);
  const tool = said === undefined ? askedTool(body) : undefined;
  if (tool !== undefined) return toolAnswer(callOf(tool, question, random), most, random);

  const reasoning = asksForReasoning(body) ? splitTokens(thought(question)) : [];
  const room = Math.max(0, most - reasoning.length);
  const whole = splitTokens(stopped(said ?? textFor(body, question, room, random), body.stop));
  const content = whole.slice(0, room);
  const thoughts = reasoning.slice(0, most);
  const finish = content.length < whole.length || thoughts.length < reasoning.length ? 'length' : 'stop';
  return { reasoning: thoughts, content, toolCalls: [], finish, tokens: thoughts.length + content.length };
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

/** A call of a tool with arguments as its schema wants them. */
function callOf(tool: ChatTool, question: string, random: Random): SimulatedToolCalls {
  const { name, parameters = {} } = tool.function;
  const filled = schemaValue({ type: 'object', ...parameters }, topicWords(question), random);
  return { toolCalls: [{ name, arguments: filled }] };
}

function toolAnswer({ toolCalls }: SimulatedToolCalls, most: number, random: Random): Answer {
  let tokens = 0;
  let cut = false;
  const calls = toolCalls.map(({ name, arguments: args }) => {
    const pieces = splitTokens(typeof args === 'string' ? args : JSON.stringify(args));
    const kept = pieces.slice(0, Math.max(0, most - tokens));
    tokens += kept.length;
    cut ||= kept.length < pieces.length;
    return { id: `call_${identifier(random).slice(0, 9)}`, name, arguments: kept.join('') };
  });
  return { reasoning: [], content: [], toolCalls: calls, finish: cut ? 'length' : 'tool_calls', tokens };
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
