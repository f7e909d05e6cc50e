import { readGrants, type Grant } from '../catalog/grants.ts'
import { readPrivilegeChanges } from '../journal/privileges.ts'
import { ident, qualified, role } from '../pg/quoting.ts'
import { newName, oldName } from '../steps/names.ts'
import type { TableFacts } from '../survey/facts.ts'
import { changedPrivileges } from './changed-privileges.ts'
import type { Probe, ProbeFinding } from './probe.ts'

/** The same roles may do the same things by both names, and may enter the new schema. */
export const grants: Probe = {
  id: 'grants',
  title: 'the same privileges by old and new name',
  async run({ session, tables, facts, plan }) {
    const onViews = await readGrants(
      session,
      tables.flatMap((table) => standIn(table) ?? []),
    )
    const changes = await readPrivilegeChanges(session, plan.name, { tables, routines: [] })
    const findings: ProbeFinding[] = tables.flatMap((table) =>
      changedPrivileges(qualified(oldName(table)), table.relation, changes),
    )
    for (const table of tables) {
      const other = standIn(table)
      if (other === null || changes.some(({ object }) => object === table.relation)) continue
      const view = new Set((onViews.get(other) ?? []).map(line))
      const base = new Set(table.grants.map(line))
      const differing = [
        ...[...base].filter((entry) => !view.has(entry)),
        ...[...view].filter((entry) => !base.has(entry)),
      ]
      if (differing.length > 0) {
        findings.push({
          severity: 'error',
          on: qualified(oldName(table)),
          text: `privileges differ between ${qualified(oldName(table))} and ${qualified(newName(table))}`,
          evidence: differing,
        })
      }
    }
    const pairs = tables.flatMap((table) => {
      const planned = plan.services.find(({ name }) => name === table.service)?.roles ?? []
      return [...new Set([...table.grants.map(({ grantee }) => grantee), ...planned])].map((grantee) => ({
        schema: table.target,
        grantee,
      }))
    })
    const locked = await withoutUsage(
      session,
      pairs.filter(({ schema, grantee }) => facts.schemas.has(schema) && grantee !== null),
    )
    return [
      ...findings,
      ...locked.map(({ schema, grantee }) => ({
        severity: 'error' as const,
        on: grantee,
        text: `role ${role(grantee)} has privileges on tables of schema ${ident(schema)} but may not use the schema`,
        remedy: `grant usage on schema ${ident(schema)} to ${role(grantee)}`,
      })),
    ]
  },
}

/** What carries the privileges of the other name. */
function standIn({ location }: TableFacts): number | null {
  return location.view ?? location.shell
}

function line({ column, grantee, privilege, grantable }: Grant): string {
  return `${privilege}${column === null ? '' : ` (${ident(column)})`} to ${role(grantee)}${grantable ? ' with grant option' : ''}`
}

async function withoutUsage(
  session: Parameters<typeof readGrants>[0],
  pairs: readonly { schema: string; grantee: string | null }[],
): Promise<{ schema: string; grantee: string }[]> {
  return session.query(
    `select distinct p->>'schema' as schema, p->>'grantee' as grantee from jsonb_array_elements($1::jsonb) p
       join pg_roles r on r.rolname = p->>'grantee' join pg_namespace n on n.nspname = p->>'schema'
      where not has_schema_privilege(r.oid, n.oid, 'USAGE') order by 1, 2`,
    [JSON.stringify(pairs)],
  )
}
