import type { Parser } from '../sql/parser.ts'
import type { Node } from '../sql/tree.ts'
import type { Happening } from './happening.ts'
import { interpret } from './interpret.ts'
import { nameIn, relationsIn, type Written } from './names.ts'
import type { Places, Time } from './place.ts'
import { isWhole, textOf, unknownPart, type Value } from './value.ts'

/** What will be otherwise in a function that a trigger runs, and from which phase on. */
export interface Verdict {
  readonly line: number
  readonly phase: 'switch' | 'contract'
  readonly severity: 'error' | 'warning'
  readonly text: string
  readonly remedy: string
}

/** A trigger, its table, and the path on which its function finds names. */
export interface Fired {
  readonly table: { readonly schema: string; readonly name: string }
  readonly arguments: readonly string[]
  readonly path: readonly string[]
  /** Tables that the function makes for the session. */
  readonly temporary: ReadonlySet<string>
}

export interface Judgement {
  readonly verdicts: readonly Verdict[]
  /** Lines with EXECUTE, and whether every name that it may run with is there at the end. */
  readonly executed: ReadonlyMap<number, boolean>
}

const times: readonly Time[] = ['now', 'switched', 'contracted']

/** Runs a trigger function in thought before the move, after the switch and after contract, and compares. */
export function judge(parser: Parser, fn: Node, fired: Fired, places: Places): Judgement {
  const runs = times.map((time) => ({
    time,
    standing: places.standing(fired.table, fired.arguments, fired.path, time),
  }))
  const [now, switched, contracted] = runs.map(({ standing }) => interpret(parser, fn, standing))
  const verdicts: Verdict[] = []
  const executed = new Map<number, boolean>()
  for (const [index, first] of now!.entries()) {
    const others = [switched![index], contracted![index]]
    if (others.some((other) => other?.kind !== first.kind)) break
    const each = [first, ...(others as Happening[])].map(({ values }, at) =>
      values.map((value) => written(value, textOf(value, runs[at]!.standing))),
    )
    const of = { happening: first, texts: each, fired, places }
    if (first.kind === 'executed') {
      const { verdicts: own, isSure } = judgeExecuted(parser, of)
      verdicts.push(...own)
      executed.set(first.line, isSure && executed.get(first.line) !== false)
    } else verdicts.push(...judges[first.kind](of))
  }
  return { verdicts, executed }
}

function written(value: Value, text: string): string {
  return value?.is === 'truth'
    ? String(value.truth)
    : isWhole(value) || value !== undefined
      ? text
      : unknownPart
}

interface Compared {
  readonly happening: Happening
  /** For each time, whatever the text may be. */
  readonly texts: readonly (readonly string[])[]
  readonly fired: Fired
  readonly places: Places
}

function judgeExecuted(
  parser: Parser,
  { happening, texts, fired, places }: Compared,
): { verdicts: Verdict[]; isSure: boolean } {
  const { line } = happening
  const verdicts: Verdict[] = []
  let isSure = true
  for (const way of texts[0]!.keys()) {
    const found = texts.map((those) => relationsIn(parser, those[way] ?? unknownPart))
    const [before, ...later] = found
    if (before === undefined) {
      isSure = false
      continue
    }
    for (const [at, names] of later.entries()) {
      const phase = at === 0 ? 'switch' : 'contract'
      const lost =
        names === undefined
          ? unreadable(texts[at + 1]![way]!)
          : lostName(before, names, times[at + 1]!, fired, places)
      if (names?.length !== before.length || names.includes(undefined)) isSure = false
      if (lost === undefined) continue
      isSure = false
      verdicts.push({
        line,
        phase,
        severity: 'error',
        text: `it runs SQL with ${lost}, which is nothing from ${phase === 'switch' ? 'the switch' : phase} on`,
        remedy:
          /%I|quote_ident/i.test(happening.sql) && phase === 'switch' && /regclass/i.test(happening.sql)
            ? 'put a regclass in with %s or ||, which are right with and without a schema: it is quoted already'
            : "let it name both schema and table, as format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) does",
      })
      break
    }
  }
  return { verdicts, isSure }
}

function unreadable(text: string): string | undefined {
  return text.includes(unknownPart) ? undefined : 'a name that makes no statement'
}

/** The first name that was there and is not any more. */
function lostName(
  before: readonly (Written | undefined)[],
  after: readonly (Written | undefined)[],
  time: Time,
  fired: Fired,
  places: Places,
): string | undefined {
  if (before.length !== after.length) return undefined
  const is = (name: Written, at: Time): boolean =>
    (name.schema === undefined && fired.temporary.has(name.name)) ||
    places.find(name, fired.path, at) !== undefined
  const lost = after.find((name, index) => {
    const was = before[index]
    return name !== undefined && was !== undefined && is(was, 'now') && !is(name, time)
  })
  return lost === undefined ? undefined : spelled(lost)
}

function spelled({ schema, name }: Written): string {
  const quoted = /^[\w$]+$/.test(name) ? name : `"${name}"`
  return schema === undefined ? quoted : `${schema}.${quoted}`
}

const judges: Readonly<Record<Exclude<Happening['kind'], 'executed'>, (of: Compared) => Verdict[]>> = {
  found({ happening: { line, sql }, texts: [before, switched, contracted], fired: { path }, places }) {
    for (const way of before!.keys()) {
      const [was, then, last] = [before, switched, contracted].map((those) =>
        nameIn(those![way] ?? unknownPart),
      )
      const from = was && places.find(was, path, 'now')
      if (was === undefined || from === undefined || !places.isLeft(from, was.name)) continue
      const at = then && places.find(then, path, 'switched')
      const end = last && places.find(last, path, 'contracted')
      const remedy =
        'take TG_RELID for the table itself, which is right at any time, or a name with the schema TG_TABLE_SCHEMA'
      const isKeys =
        /\b(?:indrelid|conrelid|confrelid|tgrelid|tableoid|tg_relid|pg_index|pg_constraint|pg_inherits|relkind|attnotnull|pg_advisory\w*)\b/i.test(
          sql,
        )
      return [
        ...(then !== undefined && at === undefined
          ? [
              {
                line,
                phase: 'switch',
                severity: 'error',
                text: `it looks for ${spelled(then)}, which is nothing from the switch on`,
                remedy,
              } as const,
            ]
          : at === from
            ? [
                {
                  line,
                  phase: 'switch',
                  severity: isKeys ? 'error' : 'warning',
                  text: `${spelled(was)} as regclass is the view under the old name from the switch on, which has another OID than the table${isKeys ? ' and none of its keys' : ''}`,
                  remedy,
                } as const,
              ]
            : []),
        ...(last !== undefined && end === undefined && at !== undefined
          ? [
              {
                line,
                phase: 'contract',
                severity: 'error',
                text: `it looks for ${spelled(last)}, which is nothing once the old name is dropped`,
                remedy,
              } as const,
            ]
          : []),
      ]
    }
    return []
  },
  compared({ happening: { line, sql }, texts: [before, switched] }) {
    const differs = before!.some((value, way) => value !== switched![way])
    return differs
      ? [
          {
            line,
            phase: 'switch',
            severity: 'error',
            text: `${shortened(sql)} is ${switched![0]} from the switch on, and was ${before![0]}`,
            remedy: 'compare TG_RELID, or the name without its schema, or accept both schemas',
          },
        ]
      : []
  },
  told({ happening: { line, sql }, texts: [before, switched] }) {
    const way = before!.findIndex((value, index) => value !== switched![index])
    if (way < 0) return []
    return [
      {
        line,
        phase: 'switch',
        severity: 'warning',
        text: `what it makes of its table’s name, ${shown(before![way]!)}, becomes ${shown(switched![way]!)} from the switch on, in ${shortened(sql)}`,
        remedy: 'see that whoever reads it takes either, or let it use TG_TABLE_NAME alone',
      },
    ]
  },
  keyed: ({ happening: { line, sql }, fired: { table }, places }) =>
    places.isLeft(table.schema, table.name)
      ? [
          {
            line,
            phase: 'switch',
            severity: 'warning',
            text: `it goes by the OID of the table, which follows the move: '${table.schema}.${table.name}'::regclass is another one from the switch on (${shortened(sql)})`,
            remedy: 'let whoever compares it with a regclass use the new name from the switch on',
          },
        ]
      : [],
}

function shown(text: string): string {
  return `'${text.replaceAll(unknownPart, '…')}'`
}

function shortened(sql: string): string {
  const line = sql.replaceAll(/\s+/g, ' ').trim()
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`
}
