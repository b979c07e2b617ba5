const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Where the graphemes of a text begin: what a reader takes for one character, be it several code points. */
export function graphemes(text: string): {
  readonly startAt: (at: number) => number;
  readonly endAt: (at: number) => number;
} {
  const segments = segmenter.segment(text);
  return {
    /** The beginning of the one that `at` is in. */
    startAt: at => segments.containing(at)?.index ?? at,
    /** `at` where one begins there, else the end of the one that it is in. */
    endAt(at) {
      const around = segments.containing(at);
      return around && around.index < at ? around.index + around.segment.length : at;
    },
  };
}
