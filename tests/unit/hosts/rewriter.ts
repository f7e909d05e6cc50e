import { expect } from '@jest/globals'
import type { Context } from '../../../src/hosts/context.ts'
import type { Confidence, Finding, SourceResult } from '../../../src/hosts/finding.ts'
import { Grammars } from '../../../src/hosts/grammars.ts'
import { Names } from '../../../src/hosts/names.ts'
import { rewriteFile } from '../../../src/hosts/rewrite-file.ts'
import { surroundings } from '../../../src/rewrite/decide.ts'
import { Moves } from '../../../src/rewrite/moves.ts'
import { Parser } from '../../../src/sql/parser.ts'

const moves = new Moves(
  ['users', 'orders', 'users_id_seq'].map((name) => ({
    class: 'relation',
    schema: 'public',
    name,
    target: 'app',
  })),
)

/** Rewrites sources in which `users`, `orders` and `users_id_seq` of `public` go to `app`. */
export class Rewriter {
  readonly #parser: Parser
  readonly #grammars: Grammars

  private constructor(parser: Parser, grammars: Grammars) {
    this.#parser = parser
    this.#grammars = grammars
  }

  static async open(): Promise<Rewriter> {
    return new Rewriter(await Parser.load(), await Grammars.load())
  }

  async rewrite(
    extension: string,
    text: string,
    least: Confidence = 'medium',
    of: Moves = moves,
    calls?: Context['calls'],
  ): Promise<SourceResult> {
    const around = surroundings(['public'])
    const context = {
      parser: this.#parser,
      moves: of,
      names: new Names(of),
      around,
      least,
      hasStatements: true,
      ...(calls === undefined ? {} : { calls }),
    }
    return (await rewriteFile(context, this.#grammars, extension, text))!
  }

  /** `«app.»` is put in, `‹public›` goes; of what stays, the codes of what is undecided are told. */
  async check(
    extension: string,
    marked: string,
    undecided: readonly string[] = [],
    least: Confidence = 'medium',
  ): Promise<SourceResult> {
    const before = marked.replaceAll(/«[^»]*»/g, '').replaceAll(/[‹›]/g, '')
    const after = marked.replaceAll(/[«»]/g, '').replaceAll(/‹[^›]*›/g, '')
    const result = await this.rewrite(extension, before, least)
    expect(result.text).toBe(after)
    expect(codesOf(result.findings)).toEqual(undecided)
    const again = await this.rewrite(extension, after, least)
    expect(again.text).toBe(after)
    expect(codesOf(again.findings)).toEqual(undecided)
    return result
  }

  close(): void {
    this.#grammars[Symbol.dispose]()
  }
}

export function codesOf(findings: readonly Finding[]): string[] {
  return findings.flatMap((finding) => (finding.kind === 'undecided' ? [finding.code] : []))
}

export function confidencesOf(findings: readonly Finding[]): string[] {
  return findings.flatMap((finding) => (finding.kind === 'rewritten' ? [finding.confidence] : []))
}
