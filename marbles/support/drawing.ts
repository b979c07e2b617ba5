import type { RunHelpers } from 'rxjs/testing';
import { TestScheduler } from 'rxjs/testing';
import { type Mark, picture, type Row } from './picture.js';

/** Helpers that note every diagram they are given, so that a picture of the test shows what the test has proved. */
export function drawing(helpers: RunHelpers): { readonly helpers: RunHelpers; svg(title: string): string } {
  const sources: { readonly subscriptions: unknown; readonly row: Row; readonly below: Row[] }[] = [];
  const results: Row[] = [];

  /** `cold` or `hot`, unchanged but for the note. */
  const noting = <F extends RunHelpers['cold'] | RunHelpers['hot']>(make: F): F =>
    ((diagram: string, ...rest: []) => {
      const source = make(diagram, ...rest);
      const row = { label: 'source', marks: marksOf(diagram) };
      sources.push({ subscriptions: source.subscriptions, row, below: [] });
      return source;
    }) as F;

  const expectObservable: RunHelpers['expectObservable'] = (observable, subscription) => {
    const { toBe, ...more } = helpers.expectObservable(observable, subscription);
    return {
      ...more,
      toBe(diagram, ...rest) {
        results.push({ label: 'result', marks: marksOf(diagram) });
        toBe(diagram, ...rest);
      },
    };
  };

  const expectSubscriptions: RunHelpers['expectSubscriptions'] = logs => {
    const { toBe } = helpers.expectSubscriptions(logs);
    return {
      toBe(diagrams) {
        const below = sources.find(({ subscriptions }) => subscriptions === logs)?.below;
        for (const diagram of [diagrams].flat()) below?.push({ label: 'subscribed', span: spanOf(diagram) });
        toBe(diagrams);
      },
    };
  };

  return {
    helpers: {
      ...helpers,
      cold: noting(helpers.cold),
      hot: noting(helpers.hot),
      expectObservable,
      expectSubscriptions,
    },
    svg: title => picture(title, [...sources.flatMap(({ row, below }) => [row, ...below]), ...results]),
  };
}

function marksOf(diagram: string): Mark[] {
  return TestScheduler.parseMarbles(diagram, undefined, undefined, undefined, true).map(({ frame, notification }) => ({
    at: frame,
    mark: notification.kind === 'N' ? String(notification.value) : notification.kind === 'C' ? 'end' : 'error',
  }));
}

function spanOf(diagram: string): readonly [number, number] {
  const { subscribedFrame, unsubscribedFrame } = TestScheduler.parseMarblesAsSubscriptions(diagram, true);
  return [subscribedFrame, unsubscribedFrame];
}
