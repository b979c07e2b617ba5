import { rateWindowMap } from 'rx-groq';
import { of, throwError } from 'rxjs';
import { standardCases, throwingCallback } from '../support/standardCases.js';

const values = { a: 'a', b: 'b', c: 'c' };
const windows = { limit: 100, per: 5 };

standardCases('rateWindowMap', () => rateWindowMap(windows, (value: string) => of(value)), {
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

throwingCallback('rateWindowMap', values, thrower => rateWindowMap(windows, thrower));
throwingCallback('rateWindowMap', values, thrower => rateWindowMap(windows, of, { cost: thrower }));
throwingCallback('rateWindowMap', values, thrower => rateWindowMap(windows, of, { priority: thrower }));
throwingCallback('rateWindowMap, an inner that fails,', values, thrower =>
  rateWindowMap(windows, () => throwError(thrower)),
);
