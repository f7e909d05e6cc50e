import type { CompatPolicy } from '../plan/compat.ts'
import type { TableFacts } from '../survey/facts.ts'
import { asideOldName } from './old-aside.ts'
import type { OldName } from './old-name.ts'
import { shellOldName } from './old-shell.ts'
import { viewOldName } from './old-view.ts'

const byPolicy: Record<CompatPolicy, OldName> = {
  view: viewOldName,
  late: viewOldName,
  'search-path': asideOldName,
  none: asideOldName,
  shell: shellOldName,
}

/** How the old name of a table is kept, by its policy. */
export function oldNameOf({ compat }: TableFacts): OldName {
  return byPolicy[compat]
}
