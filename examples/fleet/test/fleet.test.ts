import { expect, it } from 'vitest';
import { runFleet } from '../fleet.mjs';

const events: string[] = [];

it.each([{ kill: true }, { restartRedis: true }])(
  'each prompt has one answer and none is refused: %j',
  async fault => {
    const prompts = 90;
    const summary = await runFleet({ prompts, ...fault, progress: ({ event }) => void (event && events.push(event)) });
    expect(summary).toMatchObject({ answered: prompts, strays: 0, completed: prompts, failed: 0, refused: 0 });
    expect(events).not.toEqual([]);
  },
  60_000,
);
