import type { Context } from './context.ts'
import type { SourceResult } from './finding.ts'
import type { Grammars } from './grammars.ts'
import type { Language } from './language.ts'
import { Ignored } from './ignored.ts'
import { kindOf, type FileKind } from './kinds.ts'
import { mayBeModel, modelsIn } from './models.ts'
import { rewriteGroup } from './rewrite-group.ts'
import { isMapper, rewriteMapper } from './rewrite-mapper.ts'
import { rewritePerl } from './rewrite-perl.ts'
import { rewritePrisma } from './rewrite-prisma.ts'
import { rewriteScriptFile } from './rewrite-script-file.ts'
import { rewriteSource } from './rewrite-source.ts'

/** Rewrites a file by the end of its name; undefined for one of an unknown kind. */
export async function rewriteFile(
  context: Context,
  grammars: Grammars,
  name: string,
  text: string,
): Promise<SourceResult | undefined> {
  const kind = kindOf(name)
  if (kind === undefined || (kind.kind === 'mapper' && !isMapper.test(text))) return undefined
  if (!context.names.mayHold(text) && !mayBeModel(context, text))
    return { text, findings: [], statements: [] }
  const ignored = new Ignored(text)
  const found = await rewriteKind(
    { ...context, isIgnored: (place) => ignored.isIgnored(place) },
    grammars,
    kind,
    text,
  )
  const findings = [...found.findings, ...modelsIn(context, text), ...ignored.withoutReason()]
  return {
    ...found,
    findings: findings.map((finding) => ignored.settle(finding)).toSorted((a, b) => a.start - b.start),
  }
}

async function rewriteKind(
  context: Context,
  grammars: Grammars,
  kind: FileKind,
  text: string,
): Promise<SourceResult> {
  return {
    script: () => rewriteScriptFile(context, text, kind.kind === 'script' && kind.isTemplate),
    mapper: () => rewriteMapper(context, text),
    group: () => rewriteGroup(context, text),
    perl: () => rewritePerl(context, text),
    prisma: () => Promise.resolve(rewritePrisma(context, text)),
    language: () => rewriteSource(context, grammars, (kind as { language: Language }).language, text),
  }[kind.kind]()
}
