/** Whether the arms are as large as the percentage says. */
export interface SampleRatio {
  /** Share of v2 by the percentage, 0–1. */
  readonly expected: number;
  readonly v1: number;
  readonly v2: number;
  /** How likely a split as far off is by chance, looked at once; null with fewer than 8 expected in an arm. */
  readonly pValue: number | null;
  readonly isSuspicious: boolean;
}

const minExpected = 8;
const suspicious = 0.001;

/**
 * Pearson's test of two arms against the share they should have.
 * @param expected share of v2, 0–1
 */
export function sampleRatioOf(v1: number, v2: number, expected: number): SampleRatio {
  const all = v1 + v2;
  const [expectedV1, expectedV2] = [all * (1 - expected), all * expected];
  if (Math.min(expectedV1, expectedV2) < minExpected) return { expected, v1, v2, pValue: null, isSuspicious: false };
  const square = (v1 - expectedV1) ** 2 / expectedV1 + (v2 - expectedV2) ** 2 / expectedV2;
  const pValue = erfc(Math.sqrt(square / 2));
  return { expected, v1, v2, pValue, isSuspicious: pValue < suspicious };
}

/**
 * The complementary error function of 0 and more, to 1.2e-7 of its value.
 * @source Press et al., Numerical Recipes, 6.2
 */
function erfc(x: number): number {
  const t = 1 / (1 + x / 2);
  const polynomial = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ].reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  return t * Math.exp(-x * x + polynomial);
}
