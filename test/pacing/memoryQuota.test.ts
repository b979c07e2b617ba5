import { describe } from 'vitest';
import { memoryQuota } from '../../src/pacing/index.js';
import { quotaContract } from './quotaContract.js';

describe('the memory quota', () =>
  quotaContract(() => {
    const quota = memoryQuota();
    return () => quota as never;
  }));
