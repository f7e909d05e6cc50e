import type { Context } from './context.ts'
import { readable, type Readable, type Unreadable } from './readable.ts'
import { hasClause, verbOf } from './shape.ts'
import type { Virtual } from './virtual.ts'

export interface Found {
  readonly form: Readable
  readonly isFragment: boolean
}

/** A statement, or the beginning of one that goes on elsewhere; or why it is none, as far as it looks like one. */
export function statement(
  { parser }: Context,
  virtual: Virtual,
  text: string,
): Found | Unreadable | undefined {
  if (verbOf(text) === undefined) return undefined
  let first: Unreadable | undefined
  for (const after of [
    '',
    ' true',
    ' q',
    ' q = 1',
    ' set q = 1',
    ' values (1)',
    ' (q) values (1)',
    ' select 1',
    ' 1)',
    ')',
    ' to stdout',
  ]) {
    const form = readable(parser, virtual, '', after)
    if ('virtual' in form) return { form, isFragment: false }
    first ??= form
    // Nothing that follows helps where the parser has stopped before.
    if (after === '' && !form.endsEarly) return first
  }
  return first
}

/** A piece of a statement that has no verb: a FROM clause, a join, a condition with a query in it. */
export function fragment({ parser }: Context, virtual: Virtual, text: string): Found | undefined {
  const befores = hasClause(text)
    ? [
        'select 1 ',
        'select 1 from w ',
        'select 1 from w where true ',
        'insert ',
        'delete from w ',
        'select 1 where ',
        'select ',
        'with ',
      ]
    : /[()]|::|\bregclass\b/.test(text)
      ? ['select ']
      : []
  for (const before of befores) {
    // Behind SELECT the word UPDATE is a column.
    if (before === 'select ' && verbOf(text) !== undefined) continue
    for (const after of before === 'with ' ? [' select 1'] : ['', ' true', ' values (1)', ' from w']) {
      const form = readable(parser, virtual, before, after)
      if ('virtual' in form) return { form, isFragment: true }
      if (after === '' && !form.endsEarly) break
    }
  }
  return undefined
}

/** What a query builder is given for a relation: a name, perhaps with an alias, or a join or what stands behind JOIN. */
export function relation({ parser }: Context, virtual: Virtual): Found | undefined {
  for (const before of ['select 1 from ', 'select 1 from w ', 'select 1 from w join ']) {
    for (const after of ['', ' on true']) {
      const form = readable(parser, virtual, before, after)
      if ('virtual' in form) return { form, isFragment: true }
    }
  }
  return undefined
}
