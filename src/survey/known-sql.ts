import { judge } from '../computed/judge.ts'
import { Places, type MovedName } from '../computed/place.ts'
import { temporaryIn, temporaryTables } from '../rewrite/temporary.ts'
import { Parser } from '../sql/parser.ts'
import type { BodyFacts } from './bodies.ts'
import { splitPath } from './search-path.ts'
import type { TriggerText } from './trigger-texts.ts'

interface Known {
  readonly triggerTexts: readonly TriggerText[]
  readonly moved: readonly MovedName[]
  readonly sharedPath: string
}

type Executed = ReadonlyMap<number, boolean>

/** By the text of the function: a command looks at the catalogs many times. */
let memory: { readonly key: string; readonly executed: Map<string, Executed> } | undefined

/** Bodies without the doubts about SQL that they put together, where each table that it may name is known and no old name. */
export async function withoutKnown(
  bodies: readonly BodyFacts[],
  { triggerTexts, moved, sharedPath }: Known,
): Promise<BodyFacts[]> {
  const key = JSON.stringify(moved)
  if (memory?.key !== key) memory = { key, executed: new Map() }
  const { executed } = memory
  const places = new Places(moved, () => false)
  const result: BodyFacts[] = []
  for (const body of bodies) {
    if (body.language !== 'plpgsql' || !body.doubts.some(isOfExecute)) {
      result.push(body)
      continue
    }
    const own = triggerTexts.filter(({ oid }) => oid === body.oid).map((text) => text.executed)
    const path = splitPath(body.path ?? sharedPath)
    const text = JSON.stringify([body.definition, path, finalSource(body)])
    let found = executed.get(text)
    if (found === undefined) {
      const loaded = await Parser.shared()
      found = executedBy(loaded, body, path, places)
      executed.set(text, found)
    }
    const all = own.length > 0 ? own : [found]
    const isKnown = (line: number): boolean => all.every((lines) => isSure(lines, line))
    result.push({
      ...body,
      doubts: body.doubts.filter((doubt) => !isOfExecute(doubt) || !isKnown(doubt.line)),
    })
  }
  return result
}

function isOfExecute({ reason }: BodyFacts['doubts'][number]): boolean {
  return /^SQL that is |put together at run time$/.test(reason)
}

/** The EXECUTE on that line, or on the last one before it. */
function isSure(executed: Executed, line: number): boolean {
  const at = [...executed.keys()]
    .filter((each) => each <= line)
    .toSorted((a, b) => a - b)
    .at(-1)
  return at !== undefined && executed.get(at) === true
}

/** As contract leaves it. */
function finalSource({ source, renamed, last }: BodyFacts): string {
  return last.at(-1)?.after ?? renamed?.after ?? source
}

function executedBy(loaded: Parser, body: BodyFacts, path: readonly string[], places: Places): Executed {
  const source = finalSource(body)
  const tag = source.includes('$body$') ? '$migrate_body$' : '$body$'
  const heads = ['void', 'int', 'setof int', 'trigger'].map(
    (type) => `create function f() returns ${type} language plpgsql as ${tag}${source}${tag}`,
  )
  for (const text of [body.definition.replace(body.source, () => source), ...heads]) {
    const parsed = loaded.parseBody(text)
    if ('unparsable' in parsed || parsed.functions.length === 0) continue
    const temporary = new Set([...temporaryTables(source), ...temporaryIn(source)])
    const fired = { table: { schema: '', name: '' }, arguments: [], path, temporary }
    try {
      return judge(loaded, parsed.functions[0]!, fired, places).executed
    } catch (error) {
      // Nested too deeply for a walk.
      if (!(error instanceof RangeError)) throw error
    }
  }
  return new Map()
}
