import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { promptCalibration } from '../../src/estimate/index.js';

describe('promptCalibration', () => {
  it('leaves estimates alone that were right or too high', () => {
    const calibration = promptCalibration();
    expect(calibration.raise('m', 100)).toBe(100);
    calibration.observe('m', 100, 100);
    calibration.observe('m', 100, 40);
    expect(calibration.raise('m', 100)).toBe(100);
  });

  it('adds what was missing to prompts as long or longer, and its share to shorter ones', () => {
    const calibration = promptCalibration();
    calibration.observe('m', 100, 120);
    expect(calibration.raise('m', 100)).toBe(120);
    expect(calibration.raise('m', 5000)).toBe(5020);
    expect(calibration.raise('m', 50)).toBe(60);
    expect(calibration.raise('other', 100)).toBe(100);
  });

  it('forgets an error when 32 newer prompts were right', () => {
    const calibration = promptCalibration();
    calibration.observe('m', 100, 150);
    for (let prompt = 0; prompt < 31; prompt++) calibration.observe('m', 100, 100);
    expect(calibration.raise('m', 100)).toBe(150);
    calibration.observe('m', 100, 100);
    expect(calibration.raise('m', 100)).toBe(100);
  });

  it('never lowers an estimate, and covers every prompt of the newest 32 if it came again', () => {
    const tokens = fc.integer({ min: 0, max: 200_000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(tokens, tokens), { maxLength: 32 }), tokens, (past, estimated) => {
        const calibration = promptCalibration();
        for (const [before, actual] of past) calibration.observe('m', before, actual);
        expect(calibration.raise('m', estimated)).toBeGreaterThanOrEqual(estimated);
        for (const [before, actual] of past) {
          if (before > 0) expect(calibration.raise('m', before)).toBeGreaterThanOrEqual(actual);
        }
      }),
    );
  });
});
