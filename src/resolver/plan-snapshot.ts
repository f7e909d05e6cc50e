import { MigrateError } from '../errors/migrate-error.ts'
import type { MappedName, NamedClass, NameState, Snapshot } from './snapshot.ts'
import { parseSnapshot } from './snapshot.ts'

/** A plan file, without a database: what it says of names, at one state of the move. */
export interface PlanOptions {
  readonly file: string
  /** Where its names stand, all of them: a file does not know. */
  readonly state: NameState
}

/**
 * The mapping that a plan file alone can tell: names that are written out, and not what follows them, such as sequences.
 * Reading plans is loaded here and nowhere else.
 * @throws MigrateError `plan-invalid`; `mapping-invalid` for a glob, which only a database can resolve
 */
export async function snapshotOfPlan({ file, state }: PlanOptions): Promise<Snapshot> {
  const [{ readPlan }, { isGlob }] = await Promise.all([
    import('../plan/read.ts'),
    import('../plan/match.ts'),
  ])
  // A service does not have the variables of the operator’s environment, nor a need of them.
  const plan = await readPlan(file, {}, { interpolate: false })
  const names = plan.services.flatMap((service) => {
    const of = (kind: NamedClass, list: readonly string[]): MappedName[] =>
      list.map((name) => {
        if (isGlob(name))
          throw new MigrateError(
            'mapping-invalid',
            `"${name}" of ${file} is a glob: only the database knows what it means`,
            {
              next: [`migrate --plan ${file} resolver snapshot --output FILE`],
            },
          )
        const { sourceSchema: schema, schema: target, name: its } = service
        return { class: kind, schema, name, target, service: its, of: name, state }
      })
    return [
      ...of('relation', [...service.tables, ...service.views]),
      ...of('routine', service.functions),
      ...of('type', service.types),
    ]
  })
  const services = Object.fromEntries(
    plan.services.map(({ name, schema, targetDatabase, searchPath }) => [
      name,
      {
        schema,
        database: databaseOf(plan.databases[targetDatabase]!.url) ?? targetDatabase,
        searchPath: searchPath ?? [schema],
      },
    ]),
  )
  return parseSnapshot({ format: 1, plan: plan.name, hash: plan.hash, epoch: 0, services, names }, file)
}

/** The database of a URL, where it is written out. */
function databaseOf(url: string): string | undefined {
  if (url.includes('${') || !URL.canParse(url)) return undefined
  const path = decodeURIComponent(new URL(url).pathname.slice(1))
  return path === '' ? undefined : path
}
