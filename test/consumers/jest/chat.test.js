import { jest, test } from '@jest/globals';
import { fakeTimers, marbleKit } from './marbleKit.js';

marbleKit(test);
fakeTimers(test, jest);
