import type { Calibration } from '../limits/index.js';
import { inverse, product, type Vector } from './linear.js';
import { groupCount, type Scripts } from './scripts.js';

/** A prompt as it was estimated (as the counter gave it), as the answer's `usage.prompt_tokens` has it, and its characters by script. */
export type PromptSample = readonly [estimated: number, messages: number, actual: number, ...scripts: number[]];

/** Learns from every answer by how much a model's prompts differ from what they are estimated at. */
export interface PromptCalibration {
  observe(model: string, sample: PromptSample): void;
  /** What a prompt will have most likely; until ten answers are known, the estimate itself. */
  expect(model: string, estimated: number, messages: number, scripts?: Scripts): number;
  /** What to reserve for it: what 19 of 20 do not exceed; until ten answers are known, never less than the estimate. */
  reserve(model: string, estimated: number, messages: number, scripts?: Scripts): number;
  /** For a user to see. */
  of(model: string): Calibration;
  /** Grows with every answer. */
  readonly changes: number;
  /** The newest prompts of each model: observed again in their order, they teach the same again. */
  samples(): Readonly<Record<string, readonly PromptSample[]>>;
}

/** Prompts remembered per model. */
const memory = 64;
/** Answers until an estimate may be lowered. */
const enough = 10;
/**
 * Of the past prompts, those that a reservation must have covered. With 0.9 it is 1 % less that is reserved and comes back with the answer, but
 * twice as often too little, and a bucket of 6,000 tokens a minute refuses for three that are missing.
 */
const quantile = 0.95;
/** An answer counts so much of one that comes after it: half after 34. */
const forgetting = 0.98;
/** Relative errors beyond so many mean errors are outliers, which pull with their length cut to that (Huber). */
const clip = 3;
/** The least relative error that is taken for granted. */
const leastError = 0.003;
/**
 * Before anything is known: the estimate as it is, give or take 30 % of it, 5 tokens a message, 40 a prompt, and half a token for each
 * character of a script, where 2 % is noise.
 */
const ofScripts = (value: number): Vector => new Array<number>(groupCount).fill(value);
const prior: Vector = [1, 0, 0, ...ofScripts(0)];
const priorInformation = [0.3, 5, 40, ...ofScripts(0.5)].map(deviation => (0.02 / deviation) ** 2);

/** What is known of one model. */
interface Lesson {
  readonly samples: PromptSample[];
  answers: number;
  /** Running mean of the relative errors of what was expected. */
  error: number;
  /** These two beside what was known before. */
  information: readonly Vector[];
  moments: Vector;
  covariance: readonly Vector[];
  /** [factor, perMessage, perPrompt, …perCharacterOfScript] */
  weights: Vector;
  /** Relative, of the past prompts by what is known now. */
  spread: number;
}

/**
 * `actual ≈ factor · estimated + perMessage · messages + perPrompt + Σ perCharacter · characters` of each script (one vocabulary has words
 * for Korean where another has bytes, so of several languages no one factor is right), by least squares of the relative errors with exponential forgetting,
 * recursive in its information form: the matrix and the moments of all answers decay towards those of the prior instead of to nothing,
 * so that prompts which are all alike leave it as wise as it was (Kulhavý and Zarrop, On a general concept of forgetting, Int. J. Control 58,
 * 1993; the recursion itself: Ljung, System Identification, 2nd ed., 11.2). Outliers are clipped as Huber does (Robust Estimation of a Location
 * Parameter, 1964). What is reserved is the upper end of a prediction interval: the quantile of the past residuals, wider where a prompt is unlike
 * those of the past.
 */
export function promptCalibration(): PromptCalibration {
  const lessons = new Map<string, Lesson>();
  let changes = 0;
  const expected = (weights: Vector, estimated: number, messages: number, scripts: Scripts): number =>
    Math.max(0, product(weights, features(estimated, messages, scripts)));

  const observe = (lesson: Lesson, sample: PromptSample): void => {
    const [estimated, messages, actual, ...scripts] = sample;
    const row = relative(estimated, messages, scripts);
    const target = actual / scaleOf(estimated);
    const error = (target - product(lesson.weights, row)) / Math.max(target, 1e-9);
    const longest = clip * Math.max(lesson.error, leastError);
    const trusted = lesson.answers < enough ? 1 : Math.min(1, longest / Math.abs(error));
    lesson.answers++;
    // The first three answers teach the first three weights: by how much they were off tells nothing of those to come.
    const counting = Math.max(1, Math.min(lesson.answers - 3, enough));
    lesson.error += (Math.abs(error) * trusted - lesson.error) / counting;
    const learn = (known: Vector, value: number): Vector =>
      known.map((before, at) => forgetting * before + trusted * value * row[at]!);
    lesson.information = lesson.information.map((line, at) => learn(line, row[at]!));
    lesson.moments = learn(lesson.moments, target);
    const added = (to: Vector, at: number): Vector =>
      to.map((value, column) => value + (at === column ? priorInformation[at]! : 0));
    lesson.covariance = inverse(lesson.information.map(added));
    const moments = lesson.moments.map((value, at) => value + priorInformation[at]! * prior[at]!);
    lesson.weights = lesson.covariance.map(line => product(line, moments));
    lesson.samples.push(sample);
    if (lesson.samples.length > memory) lesson.samples.shift();
    const residuals = lesson.samples.map(
      ([before, count, were, ...of]) => (were - expected(lesson.weights, before, count, of)) / scaleOf(before),
    );
    residuals.sort((one, other) => one - other);
    lesson.spread = Math.max(0, residuals[Math.ceil(quantile * residuals.length) - 1]!);
  };

  return {
    observe(model, sample) {
      if (!sample.every(Number.isFinite) || sample[2] <= 0) return; // a server that does not count prompts
      const lesson = lessons.get(model) ?? newLesson();
      lessons.set(model, lesson);
      observe(lesson, sample);
      changes++;
    },
    expect(model, estimated, messages, scripts = []) {
      const lesson = lessons.get(model);
      return lesson && lesson.answers >= enough
        ? Math.round(expected(lesson.weights, estimated, messages, scripts))
        : estimated;
    },
    reserve(model, estimated, messages, scripts = []) {
      const lesson = lessons.get(model);
      if (!lesson) return estimated;
      const { weights, covariance, spread, answers } = lesson;
      const likely = expected(weights, estimated, messages, scripts);
      const margin = spread * scaleOf(estimated);
      if (answers < enough) return Math.max(estimated, roundedUp(likely + margin));
      const row = relative(estimated, messages, scripts);
      const unlike = product(
        covariance.map(line => product(line, row)),
        row,
      );
      const doubt = Math.max(spread, leastError) * (Math.sqrt(1 + unlike) - 1) * scaleOf(estimated);
      return roundedUp(likely + margin + doubt);
    },
    of(model) {
      const lesson = lessons.get(model);
      const [, perMessage, perPrompt] = (lesson?.weights ?? prior) as readonly [number, number, number];
      return {
        factor: lesson ? factorOf(lesson) : 1,
        perMessage,
        perPrompt,
        answers: lesson?.answers ?? 0,
        error: lesson?.error ?? null,
      };
    },
    get changes() {
      return changes;
    },
    samples: () => Object.fromEntries(Array.from(lessons, ([model, { samples }]) => [model, [...samples]])),
  };
}

function newLesson(): Lesson {
  const moments = prior.map(() => 0);
  const information = prior.map(() => moments);
  return { samples: [], answers: 0, error: 0, information, moments, covariance: [], weights: prior, spread: 0 };
}

/** But not by what is lost in computing. */
function roundedUp(tokens: number): number {
  return Math.ceil(tokens * (1 - 1e-9));
}

/** Errors count in proportion: ten tokens are much of twenty and nothing of five thousand. */
function scaleOf(estimated: number): number {
  return Math.max(1, estimated);
}

function features(estimated: number, messages: number, scripts: Scripts): Vector {
  return [estimated, messages, 1, ...ofScripts(0).map((none, group) => scripts[group] ?? none)];
}

function relative(estimated: number, messages: number, scripts: Scripts): Vector {
  const scale = scaleOf(estimated);
  return features(estimated, messages, scripts).map(value => value / scale);
}

/** Between what past texts are expected to have and their estimates, whatever script makes it so. */
function factorOf({ weights, samples }: Lesson): number {
  const ofTexts = weights.map((weight, at) => (at === 1 || at === 2 ? 0 : weight));
  const expected = samples.reduce(
    (sum, [estimated, , , ...scripts]) => sum + product(ofTexts, features(estimated, 0, scripts)),
    0,
  );
  return (
    expected /
    Math.max(
      1,
      samples.reduce((sum, [estimated]) => sum + estimated, 0),
    )
  );
}
