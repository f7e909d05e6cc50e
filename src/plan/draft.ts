import type { PlanPath } from './plan.ts'

/** One written word and where it is. */
export interface Word {
  readonly text: string
  readonly path: PlanPath
}

export interface DraftService {
  readonly name: string
  readonly path: PlanPath
  readonly alias: Word | undefined
  readonly sourceSchema: Word | undefined
  readonly to: Word | undefined
  readonly schema: Word
  readonly tables: readonly Word[]
  readonly views: readonly Word[]
  readonly functions: readonly Word[]
  readonly types: readonly Word[]
  readonly roles: readonly Word[]
}

export interface DraftPhase {
  readonly name: Word | undefined
  readonly services: readonly Word[]
}

/** Whatever of a plan can be understood, so that all checks can run on a document that fails some. */
export interface Draft {
  readonly aliases: readonly string[]
  readonly services: readonly DraftService[]
  readonly phases: readonly DraftPhase[]
  /** Compatibility policies wherever they are written. */
  readonly policies: readonly Word[]
  /** Does "searchPath" say whose path gets the new schemas? */
  readonly namesPath: boolean
  /** When a backup is taken, and when it is proved. */
  readonly backup: Word | undefined
  readonly drill: Word | undefined
  readonly probes: DraftProbes
}

/** The words in "probes" and "canary" that refer to something else, and the names of own probes. */
export interface DraftProbes {
  readonly own: readonly Word[]
  readonly phases: readonly Word[]
  readonly databases: readonly Word[]
  readonly services: readonly Word[]
}

/** Takes from a document the parts that have the right form, and leaves the rest for the schema to report. */
export function draftOf(value: unknown): Draft {
  return {
    aliases: Object.keys(mapping(member(value, 'databases'))),
    services: Object.entries(mapping(member(value, 'services'))).map(([name, written]) =>
      service(name, written),
    ),
    phases: list(member(value, 'phases')).map((written, index) => ({
      name: word(member(written, 'name'), ['phases', index, 'name']),
      services: words(member(written, 'switch'), ['phases', index, 'switch']),
    })),
    policies: policies(value),
    namesPath:
      list(member(member(value, 'searchPath'), 'roles')).length > 0 ||
      member(member(value, 'searchPath'), 'database') === true,
    backup: word(member(member(value, 'defaults'), 'backup'), ['defaults', 'backup']),
    drill: word(member(member(value, 'backups'), 'drill'), ['backups', 'drill']),
    probes: probes(value),
  }
}

function probes(value: unknown): DraftProbes {
  const written = ['settings', 'sql', 'http'].flatMap((kind) =>
    Object.entries(mapping(member(member(value, 'probes'), kind))).map(([name, probe]) => ({
      kind,
      name,
      probe,
      path: ['probes', kind, name],
    })),
  )
  const statements = member(member(value, 'canary'), 'statements')
  return {
    own: written.filter(({ kind }) => kind !== 'settings').map(({ name, path }) => ({ text: name, path })),
    phases: written.flatMap(({ probe, path }) => words(member(probe, 'phases'), [...path, 'phases'])),
    databases: written.flatMap(
      ({ probe, path }) => word(member(probe, 'database'), [...path, 'database']) ?? [],
    ),
    services: Object.keys(mapping(statements)).map((text) => ({
      text,
      path: ['canary', 'statements', text],
    })),
  }
}

function policies(value: unknown): Word[] {
  const path = ['defaults', 'compat']
  const ofServices = Object.entries(mapping(member(value, 'services'))).flatMap(([name, written]) => {
    const at = ['services', name, 'compat']
    const compat = member(written, 'compat')
    return typeof compat === 'string'
      ? [{ text: compat, path: at }]
      : Object.entries(mapping(compat)).flatMap(([key, policy]) => word(policy, [...at, key]) ?? [])
  })
  return [
    ...ofServices,
    ...[word(member(member(value, 'defaults'), 'compat'), path)].flatMap((it) => it ?? []),
  ]
}

/** `heal7.public` in two: all after the first dot is the schema, since a schema's name may have dots too. */
export function splitFrom(from: string): { readonly alias: string; readonly schema: string } | undefined {
  const dot = from.indexOf('.')
  return dot > 0 && dot < from.length - 1
    ? { alias: from.slice(0, dot), schema: from.slice(dot + 1) }
    : undefined
}

function service(name: string, written: unknown): DraftService {
  const path = ['services', name]
  const from = word(member(written, 'from'), [...path, 'from'])
  const split = from && splitFrom(from.text)
  return {
    name,
    path,
    alias: from && split && { text: split.alias, path: from.path },
    sourceSchema: from && split && { text: split.schema, path: from.path },
    to: word(member(written, 'to'), [...path, 'to']),
    schema: word(member(written, 'schema'), [...path, 'schema']) ?? { text: name, path },
    tables: words(member(written, 'tables'), [...path, 'tables']),
    views: words(member(written, 'views'), [...path, 'views']),
    functions: words(member(written, 'functions'), [...path, 'functions']),
    types: words(member(written, 'types'), [...path, 'types']),
    roles: words(member(written, 'roles'), [...path, 'roles']),
  }
}

function words(written: unknown, path: PlanPath): Word[] {
  return list(written).flatMap((item, index) => word(item, [...path, index]) ?? [])
}

function word(written: unknown, path: PlanPath): Word | undefined {
  return typeof written === 'string' && written !== '' ? { text: written, path } : undefined
}

function member(value: unknown, key: string): unknown {
  const entries = mapping(value)
  return Object.hasOwn(entries, key) ? entries[key] : undefined
}

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isMapping ? (value as Record<string, unknown>) : {}
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
