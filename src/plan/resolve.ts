import { splitFrom } from './draft.ts'
import { hashOf, structureOf } from './hash.ts'
import { interpolate } from './interpolate.ts'
import { numberPhases } from './phases.ts'
import type { CompatRule } from './compat.ts'
import { resolveCanary, resolveProbes } from './probes.ts'
import type { DatabaseSpec, Plan, RewriteSettings, Service } from './plan.ts'
import type { PlanDocument } from './schema.ts'
import type { PlanSource } from './source.ts'

/** Builds the plan from a document in which no problem was found; without `env`, URLs stay as written. */
export function resolvePlan(
  file: string,
  document: PlanDocument,
  place: PlanSource['place'],
  env: NodeJS.ProcessEnv | undefined,
): Plan {
  const { version, name, defaults } = document
  const services = Object.entries(document.services).map(([key, written]) =>
    resolveService(key, written, env),
  )
  const phases = numberPhases(
    services.map((service) => service.name),
    document.phases,
  )
  const aliases = Object.keys(document.databases)
  const structure = structureOf({
    version,
    name,
    aliases,
    services,
    phases,
    compat: defaults.compat,
    searchPath: document.searchPath,
  })
  const { stallBudget, lockRetry, ...otherDefaults } = defaults
  return {
    file,
    name,
    hash: hashOf(structure),
    structure,
    databases: Object.fromEntries(
      Object.entries(document.databases).map(([alias, written]) => [alias, resolveDatabase(written, env)]),
    ),
    services,
    phases,
    defaults: { stallBudgetMs: stallBudget, lockRetryMs: lockRetry, ...otherDefaults },
    backups: {
      keep: document.backups.keep,
      maxAgeMs: document.backups.maxAge,
      keyCommand: document.backups.keyCommand,
      drill: document.backups.drill,
    },
    searchPath: document.searchPath,
    contract: { quietMs: document.contract.quiet },
    probes: resolveProbes(document.probes, (text) => fill(text, env)),
    canary: resolveCanary(document.canary),
    rewrite: resolveRewrite(document.rewrite),
    allow: document.allow.map((waiver, index) => ({ ...waiver, index })),
    place,
  }
}

function resolveService(
  name: string,
  written: PlanDocument['services'][string],
  env: NodeJS.ProcessEnv | undefined,
): Service {
  const from = splitFrom(written.from)
  if (from === undefined) throw new TypeError(`service ${name} was not checked`)
  return {
    name,
    schema: written.schema ?? name,
    database: from.alias,
    sourceSchema: from.schema,
    targetDatabase: written.to,
    tables: written.tables,
    views: written.views,
    functions: written.functions,
    types: written.types,
    compat: compatRules(written.compat),
    roles: [...new Set(written.roles)],
    url: written.url === undefined ? undefined : fill(written.url, env),
    searchPath: written.searchPath,
    isIsolated: written.isolated,
  }
}

function resolveRewrite({ dialects, baseline, ...rest }: PlanDocument['rewrite']): RewriteSettings {
  const { postgresql = [], ...others } = dialects
  return { ...rest, own: postgresql, foreign: Object.values(others).flat(), baseline }
}

function compatRules(written: PlanDocument['services'][string]['compat']): CompatRule[] {
  if (written === undefined) return []
  if (typeof written === 'string') return [{ tables: '*', policy: written }]
  return Object.entries(written).map(([tables, policy]) => ({ tables, policy }))
}

function resolveDatabase(
  { url, standbys, subscribers, pooler }: PlanDocument['databases'][string],
  env: NodeJS.ProcessEnv | undefined,
): DatabaseSpec {
  return {
    url: fill(url, env),
    standbys: standbys.map((text) => fill(text, env)),
    subscribers: subscribers.map((text) => fill(text, env)),
    pooler: pooler && {
      admin: fill(pooler.admin, env),
      database: pooler.database,
      pauseTimeoutMs: pooler.pauseTimeout,
    },
  }
}

function fill(url: string, env: NodeJS.ProcessEnv | undefined): string {
  if (env === undefined) return url
  const result = interpolate(url, env)
  if ('problems' in result) throw new TypeError('a url was not checked')
  return result.text
}
