import chalk from 'chalk'
import type { OldNameStatus, User } from '../../usage/old-names.ts'
import { seconds } from './sentence.ts'
import { table } from './table.ts'

const namesShown = 8
const usersShown = 5
const statementLength = 80

/** Old names and who uses them; the least quiet first, since they are what keeps contract waiting, and before them what nothing counts. */
export function renderOldNames(
  all: readonly (OldNameStatus & { readonly counted?: number | null })[],
): string[] {
  if (all.length === 0) return []
  const shown = all.toSorted((a, b) => rank(a) - rank(b)).slice(0, namesShown)
  const rest = all.length - shown.length
  return [
    `old names (${all.length}):`,
    ...table(shown.map(cells))
      .split('\n')
      .flatMap((line, index) => [line, ...users(shown[index]!.users)]),
    ...(rest === 0 ? [] : [`  and ${rest} that have been quiet for longer`]),
  ]
}

function rank({ source, quietMs }: OldNameStatus): number {
  return source === null ? -2 : (quietMs ?? -1)
}

function cells({
  name,
  calls,
  source,
  counted,
  quietMs,
  since,
  lastUsedAt,
}: Parameters<typeof renderOldNames>[0][number]): string[] {
  return [
    chalk.bold(name),
    calls === null
      ? 'not counted'
      : `${uses(calls, source)}${since === null ? '' : ` since ${moment(since)}`}`,
    ...(counted == null ? [] : [`${counted} now`]),
    lastUsedAt === null ? 'no use seen' : `last ${moment(lastUsedAt)}`,
    source === null ? unknown(quietMs) : quiet(quietMs, lastUsedAt),
  ]
}

function uses(calls: number, source: OldNameStatus['source']): string {
  return `${calls} ${calls === 1 ? 'use' : 'uses'}${source === 'statements' ? ' in pg_stat_statements' : ''}`
}

/** Who is seen only now and then may be at work all the time. */
function unknown(ms: number | null): string {
  return ms === null || ms < 1000
    ? 'not known to be quiet'
    : `not known to be quiet; nobody seen for ${seconds(ms)}`
}

function quiet(ms: number | null, lastUsedAt: Date | null): string {
  if (ms !== null && ms < 1000 && lastUsedAt !== null) return 'used just now'
  return ms === null ? 'not seen quiet yet' : `quiet for at least ${seconds(ms)}`
}

function users(all: readonly User[]): string[] {
  const rest = all.length - usersShown
  return [
    ...all.slice(0, usersShown).map((user) => `    ${moment(user.lastAt)}  ${renderUser(user)}`),
    ...(rest > 0 ? [`    and ${rest} more`] : []),
  ]
}

/** Role, application, address and a statement of whoever uses an old name. */
export function renderUser(
  user: Pick<User, 'standby' | 'role' | 'application' | 'client' | 'isUnqualified' | 'statement'>,
): string {
  const { standby, role, application, client, isUnqualified, statement } = user
  const who = `role ${role ?? '(none)'}, "${application}"${client === null ? '' : ` at ${client}`}`
  const where = standby === null ? '' : `on standby ${standby}: `
  return `${where}${who}: ${chalk.dim(shortened(statement))}${isUnqualified ? ' (without the schema, so perhaps another table)' : ''}`
}

function shortened(statement: string): string {
  const points = Array.from(statement)
  return points.length <= statementLength ? statement : `${points.slice(0, statementLength).join('')}…`
}

function moment(at: Date): string {
  return at
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
}
