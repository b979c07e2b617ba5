import { inject } from '@angular/core';
import type { ChatConfig } from 'rx-groq';
import { GATEWAY, MODEL } from './gateway';

/** How urgent a conversation is. */
export interface Level {
  readonly name: 'urgent' | 'normal' | 'patient';
  readonly label: string;
  readonly priority: 1 | 5 | 10;
}

export const LEVELS: readonly Level[] = [
  { name: 'urgent', label: 'Urgent', priority: 1 },
  { name: 'normal', label: 'Normal', priority: 5 },
  { name: 'patient', label: 'Patient', priority: 10 },
];

/** Tabs of one level take turns at the gateway. */
const tab = Math.random().toString(36).slice(2);

/**
 * An entry for each level: the same model of the same gateway, with the header that says how urgent it is. A browser opens six connections to a
 * host; what is more waits here, by priority, and leaves one for `/status`.
 */
export function levelsOf(): ChatConfig {
  const base_url = `${inject(GATEWAY)}/v1`;
  const entries = LEVELS.map(({ name, priority }) => {
    const headers = { 'x-priority': String(priority), 'x-tenant': tab };
    return [name, { model: MODEL, base_url, headers, pool: 'page', max_concurrent: 5 }] as const;
  });
  return Object.fromEntries(entries);
}
