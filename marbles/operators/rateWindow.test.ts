import { rateWindow } from 'rx-groq';
import { standardCases, throwingCallback } from '../support/standardCases.js';

const values = { a: 'a', b: 'b', c: 'c' };

for (const kind of ['sliding', 'bucket'] as const) {
  standardCases(`rateWindow (${kind})`, () => rateWindow<string>({ limit: 100, per: 5, kind }), {
    values,
    never: '  -',
    empty: '  |',
    one: '    --a|',
    many: '   -a-b-c|',
    error: '  -a-b-#',
    endless: '-a-b-c-',
    madeForTwo: 2,
    reentrant: ['a', 'b'],
  });
}

const windows = { limit: 100, per: 5 };
throwingCallback('rateWindow', values, thrower => rateWindow<string>(windows, { cost: thrower }));
throwingCallback('rateWindow', values, thrower => rateWindow<string>(windows, { priority: thrower }));
