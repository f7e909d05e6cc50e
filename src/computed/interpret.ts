import type { Parser } from '../sql/parser.ts'
import { isNode, list, text, type Node } from '../sql/tree.ts'
import { assignedIn, inner, lineOf, queryOf } from './body-tree.ts'
import { evaluate, limited, type Knowledge } from './expression.ts'
import type { Happening } from './happening.ts'
import { columnsOf, lookups, usesIn } from './uses.ts'
import type { Standing, Value } from './value.ts'

/**
 * Goes through a function in PL/pgSQL as it would run for one trigger, every way at once, and tells what it does with the
 * texts that it makes of its table's name. Two runs of one function tell of the same things in the same order.
 */
export function interpret(parser: Parser, fn: Node, standing: Standing): Happening[] {
  return new Run(parser, fn, standing).happenings
}

type Variables = Map<string, readonly Value[]>

class Run {
  readonly happenings: Happening[] = []
  readonly #parser: Parser
  readonly #standing: Standing
  readonly #names: readonly (string | undefined)[]
  #variables: Variables = new Map()

  constructor(parser: Parser, fn: Node, standing: Standing) {
    this.#parser = parser
    this.#standing = standing
    const body = isNode(fn['PLpgSQL_function']) ? fn['PLpgSQL_function'] : {}
    const datums = list(body['datums']).map((each): Node =>
      isNode(each) ? (Object.values(each)[0] as Node) : {},
    )
    this.#names = datums.map((datum) => text(datum['refname']))
    for (const datum of datums) this.#declare(datum)
    this.#statement(body['action'])
  }

  get #knowledge(): Knowledge {
    return { standing: this.#standing, variables: this.#variables }
  }

  #declare(datum: Node): void {
    const line = lineOf(datum)
    const name = text(datum['refname'])
    if (name === undefined || name.startsWith('tg_')) return
    this.#variables.set(
      name,
      datum['default_val'] === undefined ? [undefined] : this.#expression(datum['default_val'], line),
    )
    this.#query(datum['cursor_explicit_expr'], line)
  }

  #statements(value: unknown): void {
    for (const each of list(value)) this.#statement(each)
  }

  #statement(value: unknown): void {
    if (!isNode(value)) return
    const [tag, body] = Object.entries(value)[0] ?? ['', {}]
    if (!isNode(body)) return
    const line = lineOf(body)
    const handler = this.#handlers[tag]
    if (handler === undefined) this.#anything(body, line)
    else handler(body, line)
  }

  readonly #handlers: Readonly<Record<string, ((body: Node, line: number) => void) | undefined>> = {
    PLpgSQL_stmt_block: (body) => {
      this.#statements(body['body'])
      const caught = isNode(body['exceptions']) ? Object.values(body['exceptions'])[0] : undefined
      const handlers = isNode(caught) ? list(caught['exc_list']) : []
      this.#ways(
        handlers.map((each) => () => this.#statements(inner(each)['action'])),
        true,
      )
    },
    PLpgSQL_stmt_assign: (body, line) => {
      const values = this.#expression(body['expr'], line)
      this.#set(body['varno'], /^\s*[\w$]+\s*:?=/.test(queryOf(body['expr'])) ? values : [undefined])
    },
    PLpgSQL_stmt_if: (body, line) => {
      this.#expression(body['cond'], line)
      this.#ways(
        [
          () => this.#statements(body['then_body']),
          ...list(body['elsif_list']).map((each) => () => {
            this.#expression(inner(each)['cond'], line)
            this.#statements(inner(each)['stmts'])
          }),
          () => this.#statements(body['else_body']),
        ],
        false,
      )
    },
    PLpgSQL_stmt_case: (body, line) => {
      if (body['t_expr'] !== undefined)
        this.#set(body['t_varno'], this.#expression(body['t_expr'], line, false))
      this.#ways(
        [
          ...list(body['case_when_list']).map((each) => () => {
            this.#expression(inner(each)['expr'], line)
            this.#statements(inner(each)['stmts'])
          }),
          () => this.#statements(body['else_stmts']),
        ],
        false,
      )
    },
    PLpgSQL_stmt_dynexecute: (body, line) => {
      this.#executed(body['query'], line)
      for (const each of list(body['params'])) this.#expression(each, line)
      this.#forget(body['target'])
    },
    PLpgSQL_stmt_dynfors: (body, line) => {
      this.#executed(body['query'], line)
      this.#forget(body['var'])
      this.#loop(body)
    },
    PLpgSQL_stmt_return_query: (body, line) => {
      this.#query(body['query'], line)
      if (body['dynquery'] !== undefined) this.#executed(body['dynquery'], line)
    },
    PLpgSQL_stmt_open: (body, line) => {
      this.#query(body['query'], line)
      if (body['dynquery'] !== undefined) this.#executed(body['dynquery'], line)
    },
    PLpgSQL_stmt_execsql: (body, line) => {
      const tree = this.#query(body['sqlstmt'], line)
      const columns = tree === undefined ? undefined : columnsOf(tree)
      const values = columns?.map((column) => evaluate(column, this.#knowledge))
      this.#forget(body['target'], values)
    },
    PLpgSQL_stmt_perform: (body, line) => void this.#query(body['expr'], line),
    PLpgSQL_stmt_call: (body, line) => void this.#query(body['expr'], line),
    // What is told to people.
    PLpgSQL_stmt_raise: () => undefined,
    PLpgSQL_stmt_assert: () => undefined,
    PLpgSQL_stmt_getdiag: (body) => {
      for (const each of list(body['diag_items'])) this.#set(inner(each)['target'], [undefined])
    },
    PLpgSQL_stmt_loop: (body) => this.#loop(body),
    PLpgSQL_stmt_while: (body, line) => {
      this.#expression(body['cond'], line)
      this.#loop(body)
    },
    PLpgSQL_stmt_fors: (body, line) => {
      this.#query(body['query'], line)
      this.#forget(body['var'])
      this.#loop(body)
    },
  }

  /** A kind of statement that does nothing of its own with names. */
  #anything(body: Node, line: number): void {
    for (const [key, value] of Object.entries(body)) {
      if (isNode(value) && 'PLpgSQL_expr' in value) this.#expression(value, line)
      else if (key === 'target' || key === 'var') this.#forget(value)
    }
    this.#loop(body)
  }

  /** What a loop gives to its variables may be there from its second turn on. */
  #loop(body: Node): void {
    const before = new Map(this.#variables)
    for (const name of assignedIn(body['body'], this.#names)) this.#variables.set(name, [undefined])
    this.#statements(body['body'])
    this.#variables = either(before, this.#variables)
  }

  #ways(ways: readonly (() => void)[], mayPass: boolean): void {
    const before = this.#variables
    const after: Variables[] = mayPass ? [before] : []
    for (const way of ways) {
      this.#variables = new Map(before)
      way()
      after.push(this.#variables)
    }
    this.#variables = after.reduce(either)
  }

  #executed(expression: unknown, line: number): void {
    const tree = this.#parse(`SELECT ${queryOf(expression)}`)
    const [column] = tree === undefined ? [] : (columnsOf(tree) ?? [])
    const values = column === undefined ? [undefined] : evaluate(column, this.#knowledge)
    this.#note({ kind: 'executed', line, sql: queryOf(expression), values })
    if (tree !== undefined)
      for (const found of lookups(tree, this.#knowledge))
        this.#note({ ...found, line, sql: queryOf(expression) })
  }

  /** Its values; what becomes of a variable is told where that is used. */
  #expression(expression: unknown, line: number, tells = true): readonly Value[] {
    const query = queryOf(expression)
    if (query === '') return [undefined]
    const isAssignment = isNode(expression) && Number(inner(expression)['parseMode']) > 2
    const sql = isAssignment ? query.replace(/^[^]*?(?::=|=)/, '').trim() : query
    const tree = this.#parse(`SELECT ${sql}`)
    const [column] = tree === undefined ? [] : (columnsOf(tree) ?? [])
    const values = column === undefined ? [undefined] : evaluate(column, this.#knowledge)
    if (tree === undefined) return values
    const isKept = !tells || (isAssignment && values.every((value) => value !== undefined))
    const found = isKept ? [...lookups(tree, this.#knowledge)] : usesIn(tree, this.#knowledge)
    for (const each of found) this.#note({ ...each, line, sql })
    return values
  }

  #query(expression: unknown, line: number): Node | undefined {
    const sql = queryOf(expression)
    const tree = sql === '' ? undefined : this.#parse(sql)
    if (tree !== undefined)
      for (const each of usesIn(tree, this.#knowledge)) this.#note({ ...each, line, sql })
    return tree
  }

  #note(happening: Happening): void {
    this.happenings.push(happening)
  }

  #parse(sql: string): Node | undefined {
    const parsed = this.#parser.parse(sql)
    return 'unparsable' in parsed ? undefined : parsed.statements[0]?.tree
  }

  #set(varno: unknown, values: readonly Value[]): void {
    // A 0 is left out of the tree.
    const name = this.#names[typeof varno === 'number' ? varno : 0]
    if (name !== undefined && !name.startsWith('tg_')) this.#variables.set(name, values)
  }

  /** INTO and FOR give values to variables. */
  #forget(target: unknown, values?: readonly (readonly Value[])[]): void {
    if (!isNode(target)) return
    const body = inner(target)
    const name = text(body['refname'])
    if (Array.isArray(body['fields']))
      for (const [index, field] of body['fields'].entries())
        if (isNode(field)) this.#set(field['varno'], values?.[index] ?? [undefined])
    if (name !== undefined) this.#variables.set(name, values?.[0] ?? [undefined])
  }
}

function either(a: Variables, b: Variables): Variables {
  const joined: Variables = new Map(a)
  for (const [name, values] of b) {
    const known = joined.get(name)
    joined.set(name, known === undefined || known === values ? values : limited([...known, ...values]))
  }
  return joined
}
