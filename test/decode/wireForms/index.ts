import { anybody } from './anybody.js';
import { azure } from './azure.js';
import { cerebras } from './cerebras.js';
import type { Form } from './form.js';
import { groq } from './groq.js';
import { llamaCpp } from './llamaCpp.js';
import { lmStudio } from './lmStudio.js';
import { misshapen } from './misshapen.js';
import { mistral } from './mistral.js';
import { ollama } from './ollama.js';
import { openAi } from './openAi.js';
import { openRouter } from './openRouter.js';
import { sglang } from './sglang.js';
import { talkative } from './talkative.js';
import { vllm } from './vllm.js';

export type { Form } from './form.js';
export { NAME, PROMPT, TOKEN } from './talkative.js';

/** The forms in which servers answer, right and wrong, as their bytes look on the wire. Facts about them were gathered in 2026. */
export const wireForms: readonly Form[] = [
  ...openAi,
  ...groq,
  ...azure,
  ...openRouter,
  ...vllm,
  ...sglang,
  ...ollama,
  ...llamaCpp,
  ...lmStudio,
  ...mistral,
  ...cerebras,
  ...anybody,
  ...talkative,
  ...misshapen,
];
