import { applyEdits, type Edit } from '../rewrite/mention.ts'
import { wanted, type Context } from './context.ts'
import type { Finding, SourceResult } from './finding.ts'

const model = /^[ \t]*(?:model|view)\s+(?<name>\w+)\s*\{(?<body>[^]*?)^[ \t]*\}/dgm
const map = /@@map\(\s*(?:name\s*:\s*)?"(?<value>[^"]+)"/d
const schema = /@@schema\(\s*(?:map\s*:\s*)?"(?<value>[^"]+)"/d

/** A schema of Prisma: the table of a model is what @@map says, or the model's name, and @@schema says where it is. */
export function rewritePrisma(context: Context, text: string): SourceResult {
  const edits: Edit[] = []
  const findings: Finding[] = []
  for (const { groups = {}, indices } of text.matchAll(model)) {
    const { body = '', name: own = '' } = groups
    const [from, atName] = [indices!.groups!['body']![0], indices!.groups!['name']![0]]
    const mapped = valueIn(map, body, from) ?? { value: own, at: atName }
    const place = { name: mapped.value, start: mapped.at, end: mapped.at + mapped.value.length }
    findings.push(...decided(context, place, valueIn(schema, body, from), edits))
  }
  return { text: applyEdits(text, wanted(context, edits)), findings, statements: [] }
}

interface Value {
  readonly value: string
  /** Where it is written in the file. */
  readonly at: number
}

function valueIn(pattern: RegExp, body: string, from: number): Value | undefined {
  const found = pattern.exec(body)
  const { value } = found?.groups ?? {}
  return value === undefined ? undefined : { value, at: from + found!.indices!.groups!['value']![0] }
}

function decided(
  { moves }: Context,
  place: { readonly name: string; readonly start: number; readonly end: number },
  written: Value | undefined,
  edits: Edit[],
): Finding[] {
  if (!moves.names.has(place.name)) return []
  if (written === undefined) {
    const [source] = moves.sources
    const target = moves.find('relation', source!, place.name)?.target
    const reason = `say where it is: @@schema("${target ?? [...moves.targets][0]!}")`
    return [{ ...place, kind: 'undecided', code: 'orm-model', reason }]
  }
  const move = moves.find('relation', written.value, place.name)
  if (move === undefined) {
    const reason = moves.targets.has(written.value) ? 'in its new schema' : 'of another schema'
    return [{ ...place, kind: 'kept', reason }]
  }
  edits.push({ start: written.at, end: written.at + written.value.length, text: move.target })
  return [{ ...place, kind: 'rewritten', confidence: 'high', reason: 'by the schema beside it' }]
}
