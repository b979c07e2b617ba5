import { type Cost, rateWindow } from 'rx-groq';
import { of } from 'rxjs';
import { expect, it } from 'vitest';

it.each([[undefined], [null], [5], ['5']])('a cost of %s is an error of that value, not a wait without end', cost => {
  const failures: unknown[] = [];
  of('a')
    .pipe(rateWindow({ limit: 5, per: '1m' }, { cost: () => cost as unknown as Cost }))
    .subscribe({ next: () => failures.push('next'), error: error => failures.push(error) });
  expect(failures).toMatchObject([{ kind: 'request_invalid', field: 'cost' }]);
});
