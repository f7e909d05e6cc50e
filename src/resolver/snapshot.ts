import { MigrateError } from '../errors/migrate-error.ts'

/**
 * Where a name stands: only the old one is to be used (`old`); the new one works too and the thing itself is still at its
 * old place (`both`); it has moved and both names work (`moved`); only the new one works (`new`).
 */
export type NameState = 'old' | 'both' | 'moved' | 'new'

export type NamedClass = 'relation' | 'type' | 'routine'

/** A name that a plan gives another schema. */
export interface MappedName {
  readonly class: NamedClass
  /** The schema of the old name. */
  readonly schema: string
  readonly name: string
  /** The schema of the new name. */
  readonly target: string
  readonly service: string
  /** The table that an index or a sequence follows; its own name for everything else. */
  readonly of: string
  readonly state: NameState
  /** Does the old name keep working after the switch, until contract? It does where nothing is said. */
  readonly keepsOld?: boolean
}

export interface MappedService {
  readonly schema: string
  readonly database: string
  readonly searchPath: readonly string[]
}

/** What a service knows of a plan at one moment, as plain data: the document that is written as JSON. */
export interface Snapshot {
  readonly format: 1
  readonly plan: string
  /** Identity of the plan, as `migrate plan` prints it. */
  readonly hash: string
  /** Grows with every change of the mapping; 0 for one that was written before the plan had begun. */
  readonly epoch: number
  readonly services: Readonly<Record<string, MappedService>>
  readonly names: readonly MappedName[]
}

/**
 * Reads a mapping document.
 * @param from what it is called in errors: a file, a database
 * @throws MigrateError `mapping-invalid`, which names the first field that is wrong, also for a name that has two targets
 */
export function parseSnapshot(value: unknown, from: string): Snapshot {
  const read = new Fields(from)
  const document = read.object(value, 'the document')
  if (document['format'] !== 1) read.fail('format', `is ${JSON.stringify(document['format'])}, not 1`)
  const snapshot: Snapshot = {
    format: 1,
    plan: read.text(document['plan'], 'plan'),
    hash: read.text(document['hash'], 'hash'),
    epoch: read.epoch(document['epoch'], 'epoch'),
    services: Object.fromEntries(
      Object.entries(read.object(document['services'], 'services')).map(([name, service]) => [
        name,
        readService(read, service, `services.${name}`),
      ]),
    ),
    names: read.list(document['names'], 'names').map((name, at) => readName(read, name, `names[${at}]`)),
  }
  checkNames(read, snapshot)
  return snapshot
}

function readService(read: Fields, value: unknown, at: string): MappedService {
  const service = read.object(value, at)
  return {
    schema: read.text(service['schema'], `${at}.schema`),
    database: read.text(service['database'], `${at}.database`),
    searchPath: read
      .list(service['searchPath'], `${at}.searchPath`)
      .map((schema, index) => read.text(schema, `${at}.searchPath[${index}]`)),
  }
}

function readName(read: Fields, value: unknown, at: string): MappedName {
  const name = read.object(value, at)
  return {
    class: read.oneOf(name['class'], `${at}.class`, ['relation', 'type', 'routine'] as const),
    schema: read.text(name['schema'], `${at}.schema`),
    name: read.text(name['name'], `${at}.name`),
    target: read.text(name['target'], `${at}.target`),
    service: read.text(name['service'], `${at}.service`),
    of: read.text(name['of'], `${at}.of`),
    state: read.oneOf(name['state'], `${at}.state`, ['old', 'both', 'moved', 'new'] as const),
    keepsOld: name['keepsOld'] === undefined ? true : read.flag(name['keepsOld'], `${at}.keepsOld`),
  }
}

/** A name that goes to two places has no answer, and one of a service that is not there has no database. */
function checkNames(read: Fields, { names, services }: Snapshot): void {
  const seen = new Map<string, number>()
  for (const [index, { class: of, schema, name, target, service }] of names.entries()) {
    const at = `names[${index}]`
    const key = JSON.stringify([of, schema, name])
    const known = seen.get(key)
    if (known !== undefined)
      read.fail(
        at,
        `is ${schema}.${name} again, which names[${known}] takes to ${names[known]!.target}, and this to ${target}`,
      )
    seen.set(key, index)
    if (!Object.hasOwn(services, service))
      read.fail(`${at}.service`, `is "${service}", no service of the document`)
    if (services[service]!.schema !== target)
      read.fail(
        `${at}.target`,
        `is "${target}", but service "${service}" has schema "${services[service]!.schema}"`,
      )
  }
}

/** Reads values of an untrusted document; every failure names the field. */
class Fields {
  readonly #from: string

  constructor(from: string) {
    this.#from = from
  }

  fail(at: string, problem: string): never {
    throw new MigrateError(
      'mapping-invalid',
      `the mapping of ${this.#from} cannot be used: ${at} ${problem}`,
      {
        next: ['migrate resolver snapshot --output FILE'],
      },
    )
  }

  object(value: unknown, at: string): Record<string, unknown> {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
    return this.fail(at, 'is not an object')
  }

  list(value: unknown, at: string): readonly unknown[] {
    return Array.isArray(value) ? value : this.fail(at, 'is not a list')
  }

  text(value: unknown, at: string): string {
    return typeof value === 'string' && value !== ''
      ? value
      : this.fail(at, 'is not a text with something in it')
  }

  epoch(value: unknown, at: string): number {
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
      ? value
      : this.fail(at, 'is not a whole number from 0')
  }

  flag(value: unknown, at: string): boolean {
    return typeof value === 'boolean' ? value : this.fail(at, 'is neither true nor false')
  }

  oneOf<T extends string>(value: unknown, at: string, choices: readonly T[]): T {
    const found = choices.find((choice) => choice === value)
    return found ?? this.fail(at, `is none of ${choices.join(', ')}`)
  }
}
