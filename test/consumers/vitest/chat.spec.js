import { test, vi } from 'vitest';
import { fakeTimers, marbleKit } from './marbleKit.js';

marbleKit(test);
fakeTimers(test, vi);
