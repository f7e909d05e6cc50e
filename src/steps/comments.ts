import { markView } from '../catalog/mark.ts'
import { asideName, markOf, stageSchema } from '../catalog/names.ts'
import { ident, literal, qualified } from '../pg/quoting.ts'
import type { TableFacts } from '../survey/facts.ts'
import { newName, oldName } from './names.ts'

/** The comments of a table and its columns, for a view that stands in for it and has none yet. */
export function commentsOn(view: string, { live, columns }: TableFacts): string[] {
  return [
    ...(live.comment === null ? [] : [commentOn('view', view, live.comment)]),
    ...columns.flatMap(({ name, comment }) =>
      comment === null ? [] : [commentOn('column', `${view}.${ident(name)}`, comment)],
    ),
  ]
}

/** The same for what has others by now: somebody has changed those of the table. */
export function refreshComments(tables: readonly TableFacts[], planName: string): string[] {
  return tables
    .filter(({ location }) => location.commentsDiffer)
    .flatMap((table) =>
      standIns(table).flatMap(({ kind, name }) => [
        // The mark was the view's comment once.
        ...(kind === 'view' ? [markView(name, markOf(planName))] : []),
        commentOn(kind, name, table.live.comment),
        ...table.columns.map((column) =>
          commentOn('column', `${name}.${ident(column.name)}`, column.comment),
        ),
      ]),
    )
}

export function commentOn(kind: 'view' | 'table' | 'column', name: string, comment: string | null): string {
  return `comment on ${kind} ${name} is ${comment === null ? 'null' : literal(comment)}`
}

/** Whatever stands in for the table now: facade, old name, and the facade that was set aside. */
function standIns(table: TableFacts): { kind: 'view' | 'table'; name: string }[] {
  const { stand, view, shell, aside } = table.location
  return [
    ...(view === null
      ? []
      : [{ kind: 'view' as const, at: stand === 'expanded' ? newName(table) : oldName(table) }]),
    ...(shell === null ? [] : [{ kind: 'table' as const, at: oldName(table) }]),
    ...(aside === null
      ? []
      : [{ kind: 'view' as const, at: { schema: stageSchema, name: asideName(table.relation) } }]),
  ].map(({ kind, at }) => ({ kind, name: qualified(at) }))
}
