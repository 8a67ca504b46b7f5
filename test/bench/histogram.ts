/** Latencies in nanoseconds as HDR histograms with three digits, and their packed form. */
import hdr from 'hdr-histogram-js';
import type { Histogram } from 'hdr-histogram-js';

const HIGHEST_NS = 600e9;

export function newHistogram(): Histogram {
  return hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_NS,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
  });
}

/** The standard encoding of an HDR histogram: compressed, in base64. */
export function pack(histogram: Histogram): string {
  return hdr.encodeIntoCompressedBase64(histogram);
}

export interface Percentiles {
  /** In microseconds, as are the others. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  readonly count: number;
}

export function percentilesOf(packed: string): Percentiles {
  const histogram = hdr.decodeFromCompressedBase64(packed);
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1000;
  return {
    p50: at(50),
    p90: at(90),
    p99: at(99),
    max: histogram.maxValue / 1000,
    count: histogram.totalCount,
  };
}
