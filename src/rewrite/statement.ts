import { isMark, isName, lex, type Token } from '../sql/lexer.ts'
import type { Statement } from '../sql/parser.ts'
import { isNode, text, untag } from '../sql/tree.ts'
import { bodyOf, rewriteBody, rewriteString } from './body.ts'
import { overlaps, type Context, type Outcome, type RewriteSql } from './context.ts'
import { decide } from './decide.ts'
import { after } from './effects.ts'
import { Findings } from './findings.ts'
import { labelsIn, type Label } from './labels.ts'
import { readLiteral } from './literal.ts'
import { qualify } from './mention.ts'
import type { Moves } from './moves.ts'
import { nameInString, nameWithin, sqlArguments } from './names-in-strings.ts'
import type { Site } from './site.ts'
import { findSites } from './walk.ts'
import { Written, type Source } from './written.ts'

/** Decides every place of one statement in which the name of something that moves is written. */
export function rewriteStatement(
  context: Context,
  source: Source,
  statement: Statement,
  rewriteSql: RewriteSql,
): Outcome {
  const written = new Written(source, statement)
  const findings = new Findings()
  const { sites, texts, unknown } = findSites(statement.tree)
  const place = (site: Site, index: number): void =>
    decidePlace(site, index, statement, context, written, findings)
  // Those with a place first, so that the others are not looked for where these are.
  for (const site of sites) if ('byte' in site.at) place(site, written.at(site.at.byte))
  for (const site of sites)
    if ('search' in site.at)
      place(
        site,
        written.search(site.at.search, site.at.isLast === true, (start) => findings.has(start)),
      )
  for (const each of texts) nameInString(each, context, written, findings)
  for (const { at } of unknown) {
    const token = written.tokens[written.at(at.byte)]
    if (token !== undefined && !findings.has(token.start))
      findings.mention({ ...token, value: '' }, 'undecided', 'a name that is known only when it runs')
  }
  moveBack(statement, context, written, findings)
  warn(statement, written, findings)
  const inner = { ...context, holes: [] }
  const [tag, node] = untag(statement.tree)
  const body =
    tag === 'CreateFunctionStmt' || tag === 'DoStmt' ? bodyOf(tag, node, written.tokens) : undefined
  if (body !== undefined)
    findings.take(body.token, rewriteBody(inner, written.text, source.text, body, rewriteSql))
  for (const token of sqlArguments(texts, context.around, written, findings)) {
    const found = rewriteString(inner, source.text, token, rewriteSql)
    if (found !== undefined) findings.take(token, found)
  }
  classifyRest(context, written, findings, labelled(statement, written))
  return findings.outcome()
}

function decidePlace(
  site: Site,
  index: number,
  { tree }: Statement,
  { moves, around, holes }: Context,
  written: Written,
  findings: Findings,
): void {
  const [first, name] = [written.tokens[index], written.tokens[index + 2 * (site.words.length - 1)]]
  if (first !== undefined && name !== undefined && overlaps(holes, { start: first.start, end: name.end })) {
    if (site.class === 'relation')
      findings.mention(name, 'undecided', 'the name of a relation is put together at run time')
    return
  }
  const seen = site.isMade === true ? after(tree, around, around) : around
  const decision = decide(site, moves, seen)
  const isHere = name !== undefined && index >= 0 && written.matches(index, site.words)
  if (decision.kind === 'other') {
    if (isHere && moves.names.has(name.value)) findings.mention(name, 'kept', 'of another schema')
  } else if (!isHere) {
    // A recursive view reads from a query that only the parser sees.
    if (decision.kind === 'rewrite')
      findings.lost(site.words.at(-1)!, written.tokens[0], written.tokens.at(-1))
  } else if (findings.has(name.start)) return
  else if (decision.kind === 'keep') findings.mention(name, 'kept', decision.reason)
  else if (decision.kind === 'undecided') findings.mention(name, 'undecided', decision.reason)
  else {
    const schema = site.words.length === 1 ? undefined : written.tokens[index + 2 * (site.words.length - 2)]
    findings.rewritten(name, qualify(name, schema, decision.target))
  }
}

/** ALTER TABLE … SET SCHEMA back to where it has moved from. */
function moveBack({ tree }: Statement, { moves }: Context, written: Written, findings: Findings): void {
  const [tag, body] = untag(tree)
  const relation = isNode(body['relation']) ? text(body['relation']['relname']) : undefined
  const schema = text(body['newschema'])
  if (tag !== 'AlterObjectSchemaStmt' || relation === undefined || schema === undefined) return
  const move = moves.find('relation', schema, relation)
  const token = written.tokens.findLast(isName)
  if (move !== undefined && token !== undefined)
    findings.edits.push({ ...qualify(token, token, move.target) })
}

/** Backslashes in strings mean something from here on that neither the parser nor this code knows. */
function warn({ tree }: Statement, { tokens }: Written, findings: Findings): void {
  const [tag, body] = untag(tree)
  const [first, last] = [tokens[0], tokens.at(-1)]
  const isOff = last !== undefined && /^(?:off|false|0|no)$/i.test(last.value === "'" ? 'off' : last.value)
  if (tag === 'VariableSetStmt' && body['name'] === 'standard_conforming_strings' && isOff)
    findings.mention(
      { ...first!, end: last.end, value: '' },
      'undecided',
      'strings are read in another way behind it',
    )
}

/** Whatever else is spelled like something that moves: names that are none of a table, and words in strings. */
function classifyRest(
  context: Context,
  written: Written,
  findings: Findings,
  labels: ReadonlyMap<number, Label>,
): void {
  for (const [index, token] of written.tokens.entries()) {
    const { tokens } = written
    if (findings.has(token.start) || (isString(token) && isString(tokens[index - 1]))) continue
    if (isName(token)) {
      if (!context.moves.names.has(token.value)) continue
      const schema = isMark(tokens[index - 1], '.') ? tokens[index - 2] : undefined
      // With a schema that things move from it may well be one of them.
      if (isName(schema) && context.moves.sources.has(schema!.value))
        findings.mention(token, 'undecided', 'a place that the rewriter does not know')
      else findings.mention(token, 'kept', 'a column, an alias or another name')
    } else if (isString(token)) {
      let end = index + 1
      while (isString(tokens[end])) end += 1
      const parts = tokens.slice(index, end)
      const name = nameWithin(parts, context, written)
      const place = { ...token, end: parts.at(-1)!.end }
      const label = labels.get(token.start)
      if (name === undefined) continue
      if (isLabel(label, parts, context, written))
        findings.mention(
          { ...place, value: name },
          'kept',
          label!.as === 'given' ? 'a value that a function is given' : `a value that is ${label!.as}`,
        )
      else findings.mention({ ...place, value: name }, 'undecided', 'a string that may hold it as a name')
    }
  }
}

/** The same by the places of their tokens. */
function labelled({ tree }: Statement, written: Written): Map<number, Label> {
  return new Map(
    [...labelsIn(tree)].flatMap(([byte, label]) => {
      const token = written.tokens[written.at(byte)]
      return token === undefined ? [] : [[token.start, label] as const]
    }),
  )
}

/** What is stored is one where nothing in the text runs SQL that it makes, and where no schema stands before the name. */
function isLabel(
  label: Label | undefined,
  parts: readonly Token[],
  { around, moves }: Context,
  { around: source }: Written,
): boolean {
  if (label === undefined) return false
  if (label.as === 'compared') return true
  if (label.as === 'given' && around.takesLabels?.(label.to ?? '') !== true) return false
  return (
    (label.as === 'given' || around.storesLabels === true) &&
    !parts.some((part) => namesQualified(readLiteral(source, part)?.inner, moves))
  )
}

function namesQualified(inner: string | undefined, moves: Moves): boolean {
  if (inner === undefined) return true
  const tokens = lex(inner)
  return tokens.some(
    (token, index) =>
      isName(token) &&
      moves.names.has(token.value) &&
      isMark(tokens[index - 1], '.') &&
      moves.sources.has(tokens[index - 2]?.value ?? ''),
  )
}

/** One behind another goes on with it (manual, chapter 4.1.2.1). */
function isString(token: Token | undefined): boolean {
  return token?.kind === 'string'
}
