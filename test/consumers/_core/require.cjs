/** From CommonJS, where the runtime can require ES modules. */

const assert = require('node:assert/strict');
const { createChatClient, rateWindow } = require('rx-groq');
const { of } = require('rxjs');

assert.equal(typeof createChatClient, 'function');
const passed = [];
of(1)
  .pipe(rateWindow({ limit: 1, per: '1s' }))
  .subscribe(value => passed.push(value));
assert.deepEqual(passed, [1]);
