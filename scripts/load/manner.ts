import type { Client, QueryResult } from 'pg'

/**
 * How a statement is sent: text only; parse-bind-execute without a name; with a name (what drivers call a
 * prepared statement); or SQL's own PREPARE and EXECUTE. They meet a switch in different ways.
 */
export type Manner = 'simple' | 'extended' | 'prepared' | 'execute'

export const manners: readonly Manner[] = ['simple', 'extended', 'prepared', 'execute']

/** The statements one connection has prepared: text → name. */
export type Prepared = Map<string, string>

/** Sends one statement in the given manner. */
export async function send(
  client: Client,
  manner: Manner,
  prepared: Prepared,
  text: string,
  values: readonly unknown[],
): Promise<QueryResult> {
  switch (manner) {
    case 'simple':
      return client.query(inline(client, text, values))
    case 'extended':
      // Without values node-pg would fall back to the simple protocol; @types/pg does not know queryMode.
      return client.query(Object.assign({ text, values: [...values] }, { queryMode: 'extended' }))
    case 'prepared':
      return client.query({ name: nameFor(prepared, text), text, values: [...values] })
    case 'execute':
      return execute(client, prepared, text, values)
  }
}

async function execute(
  client: Client,
  prepared: Prepared,
  text: string,
  values: readonly unknown[],
): Promise<QueryResult> {
  // A key of its own, since the protocol's statements and SQL's share one name space on the server.
  const key = `execute ${text}`
  let name = prepared.get(key)
  if (name === undefined) {
    name = `load_${prepared.size}`
    await client.query(`prepare ${name} as ${text}`)
    prepared.set(key, name)
  }
  const list = values.map((value) => literal(client, value)).join(', ')
  return client.query(`execute ${name}${list === '' ? '' : `(${list})`}`)
}

function nameFor(prepared: Prepared, text: string): string {
  const name = prepared.get(text) ?? `load_${prepared.size}`
  prepared.set(text, name)
  return name
}

function inline(client: Client, text: string, values: readonly unknown[]): string {
  return text.replaceAll(/\$(\d+)/g, (_, number: string) => literal(client, values[Number(number) - 1]))
}

function literal(client: Client, value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'number') return value < 0 ? `(${value})` : String(value)
  if (typeof value === 'boolean') return String(value)
  if (value instanceof Date) return client.escapeLiteral(value.toISOString())
  return client.escapeLiteral(typeof value === 'string' ? value : JSON.stringify(value))
}
