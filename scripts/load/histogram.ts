/** Waits in logarithmic buckets: a fixed 4 KiB however long the load runs, values within 4.5 % of the truth. */
export class Histogram {
  readonly buckets: Float64Array
  /** The longest wait is kept exactly. */
  max = 0

  constructor(buckets?: Float64Array, max = 0) {
    this.buckets = buckets ?? new Float64Array(BUCKETS)
    this.max = max
  }

  get count(): number {
    return this.buckets.reduce((sum, each) => sum + each, 0)
  }

  record(ms: number): void {
    const index = Math.min(BUCKETS - 1, Math.max(0, Math.floor(STEPS * Math.log2(ms * 1000))))
    this.buckets[index] = (this.buckets[index] ?? 0) + 1
    if (ms > this.max) this.max = ms
  }

  merge(other: Histogram): void {
    other.buckets.forEach((each, index) => (this.buckets[index] = (this.buckets[index] ?? 0) + each))
    this.max = Math.max(this.max, other.max)
  }

  /** The wait in ms that the given share of statements did not exceed; the upper edge of its bucket. */
  quantile(share: number): number {
    const wanted = this.count * share
    let seen = 0
    for (const [index, each] of this.buckets.entries()) {
      seen += each
      if (seen >= wanted && seen > 0) return Math.min(this.max, 2 ** ((index + 1) / STEPS) / 1000)
    }
    return this.max
  }
}

/** Buckets for each doubling, from 1 µs; 512 of them reach over an hour. */
const STEPS = 16
const BUCKETS = 512
