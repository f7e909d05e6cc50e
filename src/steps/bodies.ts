import { createHash } from 'node:crypto'
import { dollarQuoted, literal } from '../pg/quoting.ts'
import { sqlstate } from '../pg/sqlstate.ts'
import type { BodyFacts, Change } from '../survey/bodies.ts'
import type { StepContext, StepData } from './kind.ts'

/** Ends the warning about a function that is not given its old text again. */
export const leftAlone = 'was changed or dropped since it was rewritten, and is left as it is'

/** A body that was replaced, as the journal keeps it. */
export type ReplacedBody = {
  readonly oid: number
  /** The object with which it changes, where that is not the step as a whole. */
  readonly of?: number
  readonly function: string
  readonly path: string
  readonly before: string
  readonly after: string
}

/** The bodies that a step replaces, where the runner may. */
export function bodiesToReplace(
  { facts }: StepContext,
  changeOf: (body: BodyFacts) => Change | undefined,
): ReplacedBody[] {
  const shared = facts.pathSettings.find(({ role }) => role === null)?.effective ?? 'public'
  return facts.bodies.flatMap((body) => {
    const change = body.isMine ? changeOf(body) : undefined
    if (change === undefined) return []
    const { before, after } = change
    return [{ oid: body.oid, function: body.signature, path: body.path ?? shared, before, after }]
  })
}

export function recordedBodies(record: StepData): readonly ReplacedBody[] {
  return (record['bodies'] ?? []) as readonly ReplacedBody[]
}

/** Gives functions their new bodies; one that is not what was read any more ends the transaction. */
export function replaceBodies(bodies: readonly ReplacedBody[]): string[] {
  const changed = `raise exception '% was changed or dropped since it was read', it.signature using errcode = ${literal(sqlstate.bodyChanged)};`
  return bodies.length === 0 ? [] : [replacing(bodies, { otherwise: changed, isChecked: true })]
}

/**
 * Gives functions their old bodies again; one that somebody has changed since, or has taken from the runner, is left as it
 * is. Nothing is checked, as in pg_dump's scripts: what groups by the key of a table does not pass where a view has its name.
 */
export function restoreBodies(bodies: readonly ReplacedBody[]): string[] {
  const left = `raise warning '% ${leftAlone}', it.signature; continue;`
  const back = bodies.map((body) => ({ ...body, before: body.after, after: body.before })).toReversed()
  return back.length === 0 ? [] : [replacing(back, { otherwise: left, isChecked: false })]
}

interface Manner {
  /** What is done about a function that is not as expected. */
  readonly otherwise: string
  readonly isChecked: boolean
}

/**
 * CREATE OR REPLACE of functions known by OID. All but the body is what the server says of each in that moment, so that
 * only prosrc changes. Owner, privileges, comment and dependents stay, and callers are not waited for (manual, CREATE
 * FUNCTION). A body that does not pass the server's check as it is need not pass it afterwards. The path of the function
 * is in force only while the server reads a body, so that no name of this text is looked up on it.
 */
function replacing(bodies: readonly ReplacedBody[], { otherwise, isChecked }: Manner): string {
  const rows = bodies.map(
    (body) =>
      `(${body.oid}::oid, ${literal(body.function)}, ${literal(body.path)}, ${literal(digest(body.before))}, ${dollarQuoted(body.after)})`,
  )
  const mayBeReplaced = isChecked ? '' : ` or not pg_has_role(current_user, it.proowner, 'MEMBER')`
  const check = `
    if it.validator is not null then
      begin
        perform set_config('search_path', it.path, true);
        execute it.validator;
      exception when others then
        perform set_config('check_function_bodies', 'off', true);
      end;
    end if;`
  const text = `
declare
  it record;
  definition text;
  quote text;
begin
  for it in
    select v.*, p.prosrc, p.proowner, case when f.oid is not null then format('select %I.%I(%s)', n.nspname, f.proname, v.oid) end as validator
      from (values
        ${rows.join(',\n        ')}) v (oid, signature, path, before, body)
      left join pg_proc p on p.oid = v.oid left join pg_language l on l.oid = p.prolang
      left join pg_proc f on f.oid = l.lanvalidator left join pg_namespace n on n.oid = f.pronamespace
  loop
    if encode(sha256(convert_to(it.prosrc, 'UTF8')), 'hex') is distinct from it.before${mayBeReplaced} then
      ${otherwise}
    end if;
    definition := rtrim(pg_get_functiondef(it.oid), E'\\n');
    quote := substring(definition from '(\\$[a-z]+\\$)$');
    definition := left(definition, length(definition) - 2 * length(quote) - length(it.prosrc)) || quote_literal(it.body);
    perform set_config('check_function_bodies', '${isChecked ? 'on' : 'off'}', true);${isChecked ? check : ''}
    perform pg_catalog.set_config('search_path', it.path, true);
    execute definition;
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  end loop;
  perform set_config('check_function_bodies', 'on', true);
end
`
  return `do ${dollarQuoted(text)}`
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
