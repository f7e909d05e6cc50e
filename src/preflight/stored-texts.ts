import { readNamingComments, readTriggerArguments, type TriggerArgument } from '../catalog/stored-texts.ts'
import { nameIn } from '../computed/names.ts'
import { Places } from '../computed/place.ts'
import { qualified } from '../pg/quoting.ts'
import { sharedPath, splitPath } from '../survey/search-path.ts'
import { judgeStoredTexts, type StoredText } from '../survey/stored-texts.ts'
import { newName } from '../steps/names.ts'
import type { Draft, PreflightContext, Rule } from './rule.ts'

const cure = 'give it the new name, or a regclass instead of the string'

/** Rules about strings that are names, in expressions, arguments of triggers and comments. */
export const storedTextRules: readonly Rule[] = [
  {
    id: 'stored-name-fails',
    code: 'PF-5',
    severity: 'error',
    waivable: true,
    phases: ['switch', 'contract'],
    async check(context) {
      const { phase, tables } = context
      if (phase === 'switch' && tables.every(stays)) return []
      const failing = (await textsOf(context)).filter(({ failsFrom }) => failsFrom === phase)
      return [
        ...failing.map(({ holder, text }): Draft => ({
          on: holder,
          text: `it looks for '${text}' as it runs, which is nothing from ${since(phase)} on`,
          remedy: cure,
        })),
        ...(await argumentsOf(context))
          .filter(({ failsFrom }) => failsFrom === phase)
          .map(({ argument }): Draft => ({
            on: argument.holder,
            text: `its function ${argument.function} is given '${argument.text}', which is nothing from ${since(phase)} on`,
            remedy: remedies[argument.function] ?? 'make the trigger anew with the new name',
          })),
      ]
    },
  },
  {
    id: 'text-names-table',
    code: 'PF-5',
    severity: 'warning',
    waivable: true,
    phases: ['contract'],
    async check(context) {
      const comments = await readNamingComments(context.session, namesOf(context))
      return [
        ...(await textsOf(context)).filter(({ failsFrom }) => failsFrom === null),
        ...(await argumentsOf(context)).flatMap(({ argument, failsFrom }) =>
          failsFrom === null ? [argument] : [],
        ),
        ...comments,
      ].map(({ holder, text }) => ({
        on: holder,
        text: `it holds '${text}' as a string, which does not follow the move and is not rewritten`,
        remedy: cure,
      }))
    },
  },
  {
    id: 'oid-column',
    code: 'PF-5',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    async check({ session, tables }) {
      const found = await session.query<{ name: string }>(
        `select format('%I.%I.%I', n.nspname, c.relname, a.attname) as name
           from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
          where a.atttypid in ('regclass'::regtype, 'regclass[]'::regtype) and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p')
            and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'migrate', 'migrate_stage', 'migrate_kept')
            and not exists (select from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
          order by 1`,
      )
      const [table] = tables
      if (table === undefined) return []
      const old = qualified({ schema: table.source, name: table.name })
      return found.map(({ name }) => ({
        on: name,
        text: `it holds OIDs of relations, which follow the move: one of ${old} is shown as ${qualified(newName(table))} from the switch on, and is not equal to '${old}'::regclass any more`,
        remedy: 'let whoever reads or compares it use the new names from the switch on',
      }))
    },
  },
]

function since(phase: PreflightContext['phase']): string {
  return phase === 'switch' ? 'the switch' : phase
}

function stays({ compat }: PreflightContext['tables'][number]): boolean {
  return compat !== 'none' && compat !== 'search-path'
}

function namesOf({ facts }: PreflightContext): { schema: string; name: string }[] {
  const others = [...facts.types, ...facts.routines].map(({ source, name }) => ({ schema: source, name }))
  return [...facts.movedNames, ...others]
}

/** Of each look at the catalogs once, whatever the number of rules and phases. */
const known = new WeakMap<PreflightContext['facts'], Promise<StoredText[]>>()

function textsOf(context: PreflightContext): Promise<StoredText[]> {
  const { facts, session } = context
  const found =
    known.get(facts) ??
    judgeStoredTexts(session, {
      moved: facts.movedNames,
      names: namesOf(context),
      path: splitPath(sharedPath(facts.pathSettings)),
    })
  known.set(facts, found)
  // What contract writes anew itself.
  const isCured = ({ holder, text }: StoredText): boolean =>
    facts.defaultChanges.some((change) => change.holder === holder && change.texts.includes(text))
  return found.then((texts) => texts.filter((text) => !isCured(text)))
}

interface Judged {
  readonly argument: TriggerArgument
  readonly failsFrom: StoredText['failsFrom']
}

/** What PL/pgSQL makes of an argument is judged with its function; what C does with one is known of PostgreSQL’s own modules. */
async function argumentsOf(context: PreflightContext): Promise<Judged[]> {
  const { facts } = context
  const path = splitPath(sharedPath(facts.pathSettings))
  const places = new Places(facts.movedNames, () => false)
  return (await readTriggerArguments(context.session, namesOf(context))).map((argument) => {
    const name = nameIn(argument.text)
    const isName =
      name !== undefined && argument.language === 'c' && (name.schema !== undefined || isTable(argument))
    const from = isName ? places.find(name, path, 'now') : undefined
    if (!isName || from === undefined) return { argument, failsFrom: null }
    const time = (['switched', 'contracted'] as const).find(
      (each) => places.find(name, path, each) === undefined,
    )
    return { argument, failsFrom: time === undefined ? null : time === 'switched' ? 'switch' : 'contract' }
  })
}

/** Which arguments are names of relations (manual, appendix F: spi). */
function isTable({ function: name, position, count }: TriggerArgument): boolean {
  if (name === 'check_primary_key') return position === (count - 1) / 2
  if (name === 'check_foreign_key') return position > 2
  if (name === 'autoinc') return position % 2 === 1
  return name === 'versioning' && position === 1
}

/** A session keeps the queries that refint has prepared, by the name of the trigger. */
const anew =
  'make the trigger anew with the new name among its arguments, and under another name: sessions keep what was prepared for the old one'
const remedies: Readonly<Record<string, string>> = { check_primary_key: anew, check_foreign_key: anew }
