/** What producer and workers must agree on. */
export const MODEL = 'openai/gpt-oss-20b';
export const QUEUE = 'prompts';
/** Redis hash: job → answer. */
export const ANSWERS = 'answers';
/** How many answers came for a job that had one. */
export const TURNED_AWAY = 'answers turned away';
