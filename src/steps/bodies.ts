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
  return bodies.length === 0 ? [] : [replacing(bodies, changed, checkedAsBefore)]
}

/**
 * Gives functions their old bodies again; one that somebody has changed since is left as it is. They are not checked:
 * they were right for the table, and the view that has the old name again has no keys and no ctid.
 */
export function restoreBodies(bodies: readonly ReplacedBody[]): string[] {
  const left = `raise warning '% ${leftAlone}', it.signature; continue;`
  const back = bodies.map((body) => ({ ...body, before: body.after, after: body.before }))
  return back.length === 0 ? [] : [replacing(back.toReversed(), left, unchecked)]
}

const unchecked = `perform set_config('check_function_bodies', 'off', true);`

/** A body that does not pass the server's check as it is need not pass it afterwards. */
const checkedAsBefore = `perform set_config('check_function_bodies', 'on', true);
    if it.lanvalidator <> 0 then
      begin
        execute format('select %s(%s)', it.lanvalidator::regproc, it.oid);
      exception when others then
        ${unchecked}
      end;
    end if;`

/**
 * CREATE OR REPLACE of functions known by OID. All but the body is what the server says of each in that moment, so that
 * only prosrc changes. Owner, privileges, comment and dependents stay, and callers are not waited for (manual, CREATE
 * FUNCTION).
 */
function replacing(bodies: readonly ReplacedBody[], otherwise: string, check: string): string {
  const rows = bodies.map(
    (body) =>
      `(${body.oid}::oid, ${literal(body.function)}, ${literal(body.path)}, ${literal(digest(body.before))}, ${dollarQuoted(body.after)})`,
  )
  const text = `
declare
  it record;
  definition text;
  quote text;
begin
  for it in
    select v.*, p.prosrc, l.lanvalidator
      from (values
        ${rows.join(',\n        ')}) v (oid, signature, path, before, body)
      left join pg_proc p on p.oid = v.oid left join pg_language l on l.oid = p.prolang
  loop
    if encode(sha256(convert_to(it.prosrc, 'UTF8')), 'hex') is distinct from it.before then
      ${otherwise}
    end if;
    perform set_config('search_path', it.path, true);
    ${check}
    definition := pg_get_functiondef(it.oid);
    quote := substring(definition from '(\\$[a-z]+\\$)\\n?$');
    definition := rtrim(definition, E'\\n');
    execute left(definition, length(definition) - 2 * length(quote) - length(it.prosrc)) || quote_literal(it.body);
  end loop;
  perform set_config('search_path', 'pg_catalog', true), set_config('check_function_bodies', 'on', true);
end
`
  return `do ${dollarQuoted(text)}`
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
