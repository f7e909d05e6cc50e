import { journalSchema, stageSchema } from '../catalog/names.ts'
import { structureTriggers } from '../catalog/structure-watch.ts'
import { dollarQuoted, ident, literal } from '../pg/quoting.ts'
import { ifOwn } from './own-session.ts'
import { withoutLocks, type TransactionAction } from './action.ts'
import type { StepContext, StepKind } from './kind.ts'

type Config = { readonly database: string }

/**
 * From expand to contract the structure of the tables should rest. Event triggers note what others change all the
 * same, or refuse it where the plan says so (manual, chapter 40). Only a superuser may make them; without them a
 * change is found when the switch looks once more under its lock.
 */
export const watchStructure: StepKind<Config> = {
  kind: 'watch-structure',
  traits: { lock: 'none' },
  summary: (_config, { facts, plan }) =>
    `${facts.server.isSuperuser ? '' : '(left out, as it takes a superuser) '}${plan.defaults.onDrift} changes of structure by others`,
  undoSummary: () => 'stop looking for changes of structure',
  observe(_config, { facts, plan }) {
    if (!facts.server.isSuperuser) return 'unknown'
    if (facts.structureWatch === null) return 'absent'
    return facts.structureWatch === plan.defaults.onDrift ? 'present' : 'partial'
  },
  actions: ({ database }, context) =>
    context.facts.server.isSuperuser ? [watchAction(database, context)] : [],
  undo: ({ database }, { facts }) => (facts.structureWatch === null ? [] : [unwatchAction(database)]),
}

export function watchAction(database: string, { plan }: StepContext): TransactionAction {
  return action(database, 'look for changes of structure by others', [
    ...drop,
    noting('note_changes', changed, plan.name, plan.defaults.onDrift),
    noting('note_drops', dropped, plan.name, plan.defaults.onDrift),
    ...['note_changes', 'note_drops'].map(
      (name) => `revoke execute on function ${ident(stageSchema)}.${name}() from public`,
    ),
    `create event trigger ${structureTriggers.changes} on ddl_command_end execute function ${ident(stageSchema)}.note_changes()`,
    `create event trigger ${structureTriggers.drops} on sql_drop execute function ${ident(stageSchema)}.note_drops()`,
    `comment on function ${ident(stageSchema)}.note_changes() is ${literal(plan.defaults.onDrift)}`,
  ])
}

export function unwatchAction(database: string): TransactionAction {
  return action(database, 'stop looking for changes of structure', drop)
}

const drop = [
  `drop event trigger if exists ${structureTriggers.changes}`,
  `drop event trigger if exists ${structureTriggers.drops}`,
  `drop function if exists ${ident(stageSchema)}.note_changes()`,
  `drop function if exists ${ident(stageSchema)}.note_drops()`,
]

/** (tag, object, class, schema, name, oid) of what a command has made or altered. GRANT does not say on what. */
const changed = `
  select c.command_tag as tag, c.object_identity as object, 'table' as class, n.nspname as schema,
         k.relname::pg_catalog.text as name, k.oid as oid
    from pg_catalog.pg_event_trigger_ddl_commands() c
    left join pg_catalog.pg_index x on c.classid = ${catalog('pg_class')} and x.indexrelid = c.objid
    left join pg_catalog.pg_trigger t on c.classid = ${catalog('pg_trigger')} and t.oid = c.objid
    left join pg_catalog.pg_policy p on c.classid = ${catalog('pg_policy')} and p.oid = c.objid
    left join pg_catalog.pg_rewrite r on c.classid = ${catalog('pg_rewrite')} and r.oid = c.objid
    join pg_catalog.pg_class k on k.oid = coalesce(x.indrelid, t.tgrelid, p.polrelid, r.ev_class,
                                        case when c.classid = ${catalog('pg_class')} then c.objid end)
    join pg_catalog.pg_namespace n on n.oid = k.relnamespace
  union all
  select c.command_tag, c.object_identity, 'function', n.nspname,
         pg_catalog.format('%s(%s)', p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)), p.oid
    from pg_catalog.pg_event_trigger_ddl_commands() c
    join pg_catalog.pg_proc p on c.classid = ${catalog('pg_proc')} and p.oid = c.objid
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  union all
  select c.command_tag, c.object_identity, 'type', n.nspname, t.typname, t.oid
    from pg_catalog.pg_event_trigger_ddl_commands() c
    join pg_catalog.pg_type t on c.classid = ${catalog('pg_type')} and t.oid = c.objid
    join pg_catalog.pg_namespace n on n.oid = t.typnamespace`

/** The same of what a DROP has dropped; what an ALTER drops is told by the ALTER. */
const dropped = `
  select tg_tag as tag, d.object_identity as object,
         case d.classid when ${catalog('pg_proc')} then 'function' when ${catalog('pg_type')} then 'type' else 'table' end as class,
         d.address_names[1] as schema, d.address_names[2] as name,
         case when d.classid in (${catalog('pg_class')}, ${catalog('pg_proc')}, ${catalog('pg_type')}) then d.objid end as oid
    from pg_catalog.pg_event_trigger_dropped_objects() d where (d.original or d.normal) and tg_tag like 'DROP %'`

function catalog(name: string): string {
  return `'pg_catalog.${name}'::pg_catalog.regclass`
}

/**
 * Whatever goes wrong with noting must not fail somebody's statement; refusing one is the only exception. It acts as its
 * owner, since whoever changes the structure may not read the journal, nor write into it. All of it runs in the sessions
 * of others: what they have made there must not be found by any name in it.
 */
function noting(name: string, found: string, plan: string, mode: 'report' | 'refuse'): string {
  const body = `
declare
  seen record;
  current_run bigint;
begin
  ${ifOwn('return;')}
  begin
    select r.id into current_run from ${ident(journalSchema)}.runs r where r.plan = ${literal(plan)} and r.state = 'active';
    select f.tag, pg_catalog.string_agg(distinct f.object, ', ') as objects into seen
      from (${found}) f
      join (select run, 'table' as class, relation as oid, name, source_schema, target_schema from ${ident(journalSchema)}.mappings
            union all
            select run, class, oid, case class when 'function' then pg_catalog.format('%s(%s)', name, arguments) else name end, source_schema, target_schema
              from ${ident(journalSchema)}.objects) m on m.run = current_run and m.class = f.class
       and (m.oid = f.oid or (m.name = f.name and f.schema in (m.source_schema, m.target_schema)))
     group by f.tag;
    if seen.tag is null then return; end if;${
      mode === 'refuse'
        ? ''
        : `
    insert into ${ident(journalSchema)}.drift (run, role, application, client, tag, object, statement)
    values (current_run, session_user, pg_catalog.current_setting('application_name'), pg_catalog.inet_client_addr(), seen.tag, seen.objects,
            pg_catalog.left(pg_catalog.current_query(), 500));`
    }
  exception when others then
    raise warning 'pg-relocate could not note a change of structure: %', sqlerrm;
    return;
  end;${
    mode === 'report'
      ? ''
      : `
  raise exception '% on % is refused while plan % moves it', seen.tag, seen.objects, ${literal(plan)}
    using errcode = 'MG004', hint = 'Wait for the end of contract, or ask whoever runs pg-relocate.';`
  }
end
`
  return (
    `create function ${ident(stageSchema)}.${name}() returns event_trigger language plpgsql security definer ` +
    `set search_path = pg_catalog, pg_temp as ${dollarQuoted(body)}`
  )
}

function action(database: string, sentence: string, statements: readonly string[]): TransactionAction {
  return withoutLocks({
    id: 'structure',
    sentence,
    database,
    statements,
    again: 'the triggers are dropped first if they are there',
  })
}
