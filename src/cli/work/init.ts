import { writeFile } from 'node:fs/promises'
import { readRelations } from '../../catalog/relations.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import { checkServer } from '../../pg/server.ts'
import { Session } from '../../pg/session.ts'
import { renderPlan } from '../../plan/init.ts'
import { groupTables } from '../../survey/grouping.ts'
import { proposedFor } from '../../statements/of-schema.ts'
import type { CommandContext } from '../context.ts'
import { urlInVariable } from '../databases.ts'

interface Options {
  readonly database: string
  readonly schema: string
  readonly name?: string
  readonly output?: string
}

export async function work(context: CommandContext, options: Options): Promise<void> {
  const url = urlInVariable('--database', options.database)
  await using session = await Session.connect({ alias: options.database, url }, 'migrate/init')
  const server = await checkServer(session)
  const relations = (await readRelations(session, options.schema)).filter(
    ({ kind, isPartition, extension }) =>
      (kind === 'r' || kind === 'p') && !isPartition && extension === null,
  )
  if (relations.length === 0) {
    throw new MigrateError(
      'table-not-found',
      `schema "${options.schema}" of database "${server.database}" has no tables`,
      { next: ['name another with --schema'] },
    )
  }
  const name = (options.name ?? server.database)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '-')
    .slice(0, 40)
  const groups = await groupTables(session, relations)
  const text = renderPlan({
    name,
    databaseAlias: alias(server.database),
    envName: options.database,
    schema: options.schema,
    groups,
    compat: await proposedFor(session, relations, server.major),
  })
  if (options.output === undefined) return context.result(text.trimEnd(), { plan: text })
  await write(options.output, text)
  context.result(
    `wrote ${options.output}: ${relations.length} tables in ${groups.length} services, to be sorted by hand\nnext: migrate plan --plan ${options.output}`,
    { file: options.output },
  )
}

function alias(database: string): string {
  const plain = database.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')
  return /^[a-z]/.test(plain) ? plain : `db_${plain}`
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' })
  } catch (cause) {
    const exists = (cause as { code?: string }).code === 'EEXIST'
    throw new MigrateError(
      'usage-invalid',
      exists ? `${file} exists already` : `cannot write ${file}: ${(cause as Error).message}`,
      { next: ['name another file with --output'], cause },
    )
  }
}
