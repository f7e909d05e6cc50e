import { readExisting, readTriggerFunctions, type TriggerFunction } from '../catalog/trigger-functions.ts'
import { judge, type Judgement, type Verdict } from '../computed/judge.ts'
import { Places } from '../computed/place.ts'
import type { Session } from '../pg/session.ts'
import { qualified } from '../pg/quoting.ts'
import type { CompatPolicy } from '../plan/compat.ts'
import { temporaryIn, temporaryTables } from '../rewrite/temporary.ts'
import { Parser } from '../sql/parser.ts'
import { nameKey } from './body-units.ts'
import { movedNames } from './moved-names.ts'
import type { NamedMove } from './named-moves.ts'
import { splitPath } from './search-path.ts'

/** What a function will do otherwise when the table moves whose rows make it run. */
export interface TriggerText {
  readonly oid: number
  readonly signature: string
  readonly trigger: string
  /** Its table by the old name. */
  readonly on: string
  readonly relation: number
  readonly verdicts: readonly Verdict[]
  /** Lines with EXECUTE, and whether each name that it may run with is there at the end. */
  readonly executed: ReadonlyMap<number, boolean>
}

interface Sources {
  readonly moves: readonly NamedMove[]
  readonly tables: readonly {
    readonly relation: number
    readonly name: string
    readonly source: string
    readonly compat: CompatPolicy
  }[]
  /** The search_path of a session that has none of its own. */
  readonly sharedPath: string
}

/** A command looks at the catalogs many times. */
let memory: { readonly key: string; readonly texts: readonly TriggerText[] } | undefined

/** Judges the trigger functions of the given tables by what they make of their table’s name as they run. */
export async function readTriggerTexts(session: Session, sources: Sources): Promise<readonly TriggerText[]> {
  const found = await readTriggerFunctions(
    session,
    sources.tables.map(({ relation }) => relation),
  )
  if (found.length === 0) return []
  const key = JSON.stringify([
    sources.moves,
    sources.tables.map(({ relation, compat }) => [relation, compat]),
    sources.sharedPath,
    found,
  ])
  if (memory?.key === key) return memory.texts
  const loaded = await Parser.shared()
  const asked = new Map<string, { schema: string; name: string }>()
  const asking = (schema: string, name: string): boolean => {
    asked.set(nameKey({ schema, name }), { schema, name })
    return false
  }
  // The first time only tells which names matter.
  for (const one of found) judged(loaded, one, sources, new Places(movedNames(sources), asking))
  const known = new Set((await readExisting(session, [...asked.values()])).map(nameKey))
  const places = new Places(movedNames(sources), (schema, name) => known.has(nameKey({ schema, name })))
  const texts = found.map((one): TriggerText => {
    const { oid, signature, trigger, relation } = one
    const table = sources.tables.find((each) => each.relation === relation)
    const on = qualified({ schema: table?.source ?? one.schema, name: one.table })
    return { oid, signature, trigger, on, relation, ...judged(loaded, one, sources, places) }
  })
  memory = { key, texts }
  return texts
}

const nothing: Judgement = { verdicts: [], executed: new Map() }

function judged(
  loaded: Parser,
  one: TriggerFunction,
  { tables, sharedPath }: Sources,
  places: Places,
): Judgement {
  const moved = tables.find(({ relation }) => relation === one.relation)
  if (one.language !== 'plpgsql') return moved === undefined ? nothing : otherLanguage(one)
  const tag = one.source.includes('$body$') ? '$migrate_body$' : '$body$'
  const parsed = loaded.parseBody(
    `create function f() returns trigger language plpgsql as ${tag}${one.source}${tag}`,
  )
  if ('unparsable' in parsed || parsed.functions.length === 0)
    return moved === undefined ? nothing : otherLanguage(one)
  return guarded(
    () =>
      judge(
        loaded,
        parsed.functions[0]!,
        {
          table: { schema: moved?.source ?? one.schema, name: moved?.name ?? one.table },
          arguments: one.arguments,
          path: splitPath(one.path ?? sharedPath),
          temporary: new Set([...temporaryTables(one.source), ...temporaryIn(one.source)]),
        },
        places,
      ),
    one,
  )
}

/** An expression may be nested too deeply for a walk. */
function guarded(judging: () => Judgement, one: TriggerFunction): Judgement {
  try {
    return judging()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return otherLanguage(one)
  }
}

/** What Perl, Python and others are told is seen by its word only. */
function otherLanguage({ source, language }: TriggerFunction): Judgement {
  const line = source.split('\n').findIndex((each) => /\b(?:table_schema|relid)\b/i.test(each)) + 1
  return line === 0
    ? nothing
    : {
        ...nothing,
        verdicts: [
          {
            line,
            phase: 'switch',
            severity: 'warning',
            text: `it is told the schema or the OID of its table (${language}): the schema is the new one from the switch on`,
            remedy: 'look what it makes of that',
          },
        ],
      }
}
