import type { Cluster } from '../scripts/cluster/cluster.ts'

/** Something worth measuring: it has a throwaway cluster to itself and compares all peers in one run. */
export interface Benchmark {
  readonly name: string
  readonly measure: (cluster: Cluster, options: BenchOptions) => Promise<Measurement>
}

export interface BenchOptions {
  /** Few repetitions and sizes, to see that everything works; the numbers mean little. */
  readonly isQuick: boolean
  /** Says what is being done. */
  readonly tell: (line: string) => void
}

export interface Measurement {
  readonly title: string
  /** How it was measured, as the reader of the tables needs to know it. */
  readonly notes: readonly string[]
  readonly tables: readonly ResultTable[]
  readonly aims: readonly Aim[]
  /** Every number that was taken, for the result file. */
  readonly raw: unknown
}

export interface ResultTable {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** What we hope for beside what was found. Nothing fails because of it: machines differ. */
export interface Aim {
  readonly what: string
  readonly aim: string
  readonly found: string
  readonly isMet: boolean
}
