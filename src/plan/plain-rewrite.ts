import type { RewriteSettings } from './plan.ts'

/** How files are read where no plan says anything else. */
export const plainRewrite: RewriteSettings = {
  include: [],
  exclude: [],
  foreign: [],
  own: [],
  calls: { sql: [], table: [], text: [] },
  baseline: undefined,
}
