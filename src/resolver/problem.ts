/** Something that a service’s operators should know, though its statements go on. */
export type Problem =
  /** The mapping could not be read; the last one is kept. */
  | { readonly kind: 'lost'; readonly text: string; readonly cause: unknown }
  /** What was read is older than what is known, or of another plan, or the journal is gone; the last mapping is kept. */
  | { readonly kind: 'stale' | 'foreign' | 'gone'; readonly text: string }
  /** The plan is another than before, by its hash; its mapping is used from now on. */
  | { readonly kind: 'replanned'; readonly text: string }
  /** Notifications cannot be had; the mapping is asked for at intervals. */
  | { readonly kind: 'polling'; readonly text: string; readonly cause: unknown }
  /** A statement could not be parsed and was sent as it is. */
  | { readonly kind: 'unread'; readonly text: string; readonly sql: string }
  /** A place of a statement that may or may not be a name that moves; it was left as it is. */
  | { readonly kind: 'undecided'; readonly text: string; readonly sql: string }
  /** No thread could be had for a long text; it was rewritten in that of the service, which waited for it. */
  | { readonly kind: 'blocking'; readonly text: string; readonly sql: string; readonly cause: unknown }
  /** A statement changed search_path; names without a schema are still looked up where `path` says. */
  | { readonly kind: 'path'; readonly text: string; readonly sql: string }
  /** A statement failed by a name that had just gone, and was sent again by the other. */
  | { readonly kind: 'retried'; readonly text: string; readonly sql: string }

export type ProblemKind = Problem['kind']

/** Is told of problems; what it throws is the caller’s own affair and is not caught. */
export type OnProblem = (problem: Problem) => void

/** What to do with a statement that cannot be read, or holds a place that cannot be decided. */
export type Undecided = 'pass' | 'warn' | 'throw'
