import type { SchemaOf } from '../load/names.ts'
import type { CounterPlace, TokenPlace } from '../load/workload.ts'

/** What the demo and the tests know about one table of the legacy database. */
export interface Heal7Table {
  name: string
  /** The service that claims it in `plans/heal7.yaml`; without one it stays in `public`. */
  service?: string
  /** Rows that traffic adds sort after the built ones by this expression. */
  order: string
  /** Columns of built rows that traffic changes. */
  volatile?: readonly string[]
  /** The column whose value proves, for each row that traffic adds, that it arrived. */
  token?: string
  /** Rows that come with each of another table's tokens; one the ledger cannot count has `uncounted`. */
  follows?: { table: string; times: number } | 'uncounted'
}

/** The tables of HEAL7, as `sql/` builds them and `workload.ts` uses them. */
export const heal7Tables: readonly Heal7Table[] = [
  {
    name: 'users',
    service: 'shared_common',
    order: 'id',
    volatile: ['login_count', 'last_login_at', 'updated_at'],
  },
  {
    name: 'user_profiles',
    service: 'shared_common',
    order: 'user_id',
    volatile: ['preferences', 'updated_at'],
  },
  { name: 'user_sessions', service: 'shared_common', order: 'id', token: 'session_token' },
  { name: 'attachments', service: 'shared_common', order: 'id' },
  { name: 'saju_charts', service: 'saju_service', order: 'id', token: 'share_code' },
  {
    name: 'kasi_cache',
    service: 'saju_service',
    order: 'cache_key collate "C"',
    volatile: ['hit_count', 'fetched_at'],
  },
  { name: 'saju_readings', service: 'saju_service', order: 'id', token: 'reading_code' },
  { name: 'daily_fortunes', service: 'saju_service', order: 'id', volatile: ['luck'] },
  { name: 'dream_categories', service: 'dream_service', order: 'id' },
  {
    name: 'dream_interpretations',
    service: 'dream_service',
    order: 'id',
    volatile: ['view_count', 'updated_at'],
  },
  { name: 'dream_diaries', service: 'dream_service', order: 'id', token: 'entry_code' },
  {
    name: 'dream_diary_keywords',
    service: 'dream_service',
    order: 'diary_id',
    follows: { table: 'dream_diaries', times: 2 },
  },
  {
    name: 'crawl_sources',
    service: 'crawler_service',
    order: 'id',
    volatile: ['fetch_count', 'next_fetch_at'],
  },
  {
    name: 'crawl_log',
    service: 'crawler_service',
    order: 'id',
    follows: { table: 'crawled_documents', times: 2 },
  },
  {
    name: 'crawled_documents',
    service: 'crawler_service',
    order: 'id',
    volatile: ['revision', 'fetched_at'],
    token: 'url',
  },
  { name: 'products', service: 'payment_service', order: 'id' },
  { name: 'payments', service: 'payment_service', order: 'id', token: 'order_no' },
  {
    name: 'point_accounts',
    service: 'payment_service',
    order: 'user_id',
    volatile: ['balance', 'updated_at'],
  },
  {
    name: 'point_entries',
    service: 'payment_service',
    order: 'id',
    follows: { table: 'payments', times: 1 },
  },
  { name: 'tarot_cards', service: 'tarot_service', order: 'id' },
  { name: 'tarot_readings', service: 'tarot_service', order: 'id', token: 'reading_code' },
  {
    name: 'tarot_reading_cards',
    service: 'tarot_service',
    order: 'reading_id',
    follows: { table: 'tarot_readings', times: 3 },
  },
  { name: 'audit_log', service: 'admin_service', order: 'id', follows: { table: 'payments', times: 2 } },
  { name: 'dashboard_metrics', service: 'admin_service', order: 'metric_date', follows: 'uncounted' },
  { name: 'admin_notices', service: 'admin_service', order: 'id' },
  { name: 'legacy_settings', order: 'setting_key collate "C"' },
]

/** Table → schema after the move. */
export const heal7SchemaOf: SchemaOf = Object.fromEntries(
  heal7Tables.flatMap(({ name, service }) => (service ? [[name, service]] : [])),
)

/** A search_path under which bare names mean the new ones. */
export const heal7SearchPath: readonly string[] = [...new Set(Object.values(heal7SchemaOf)), 'public']

/** The counters that the workload adds to and the ledger knows. */
export const heal7Counters = {
  logins: { table: 'users', key: 'id', column: 'login_count' },
  hits: { table: 'kasi_cache', key: 'cache_key', column: 'hit_count' },
  views: { table: 'dream_interpretations', key: 'id', column: 'view_count' },
  fetches: { table: 'crawl_sources', key: 'id', column: 'fetch_count' },
  points: { table: 'point_accounts', key: 'user_id', column: 'balance' },
} as const satisfies Record<string, CounterPlace>

/** The places where the workload leaves tokens. */
export const heal7Tokens = {
  session: { table: 'user_sessions', column: 'session_token' },
  chart: { table: 'saju_charts', column: 'share_code' },
  reading: { table: 'saju_readings', column: 'reading_code' },
  diary: { table: 'dream_diaries', column: 'entry_code' },
  document: { table: 'crawled_documents', column: 'url' },
  order: { table: 'payments', column: 'order_no' },
  tarot: { table: 'tarot_readings', column: 'reading_code' },
} as const satisfies Record<string, TokenPlace>
