import type { NameClass } from './moves.ts'

/** Types whose text is a name (manual, chapter 8.19). */
export const regTypes: Readonly<Record<string, NameClass | undefined>> = {
  regclass: 'relation',
  regtype: 'type',
  regproc: 'routine',
}

/** Functions whose first argument is a relation, as a text or as regclass. */
const ofRelation = [
  // Sequences (chapter 9.17) and sizes, definitions, partitions (chapter 9.26, 9.27).
  'nextval currval setval pg_get_serial_sequence pg_sequence_last_value pg_sequence_parameters to_regclass',
  'pg_relation_size pg_table_size pg_indexes_size pg_total_relation_size pg_relation_filepath pg_relation_filenode',
  'pg_get_viewdef pg_get_indexdef pg_get_partkeydef pg_partition_tree pg_partition_ancestors pg_partition_root',
  'pg_index_has_property pg_index_column_has_property pg_get_replica_identity_index pg_relation_is_publishable',
  'pg_column_is_updatable pg_relation_is_updatable row_security_active currtid2',
  'table_to_xml table_to_xmlschema table_to_xml_and_xmlschema pg_stat_reset_single_table_counters',
  'brin_summarize_new_values brin_summarize_range brin_desummarize_range gin_clean_pending_list',
  // Extensions of PostgreSQL's own distribution.
  'pgstattuple pgstattuple_approx pgstatindex pgstatginindex pgstathashindex pg_relpages pg_prewarm',
  'pgrowlocks get_raw_page bt_metap bt_page_items bt_page_stats bt_index_check bt_index_parent_check',
  'verify_heapam pg_freespace pg_visibility pg_visibility_map pg_check_frozen pg_check_visible',
]

const relationFirst = new Set(ofRelation.flatMap((line) => line.split(' ')))

/** has_table_privilege([user,] table, privilege): how many arguments there are without a user (chapter 9.26). */
const privileges: Readonly<Record<string, readonly [without: number, of: NameClass]>> = {
  has_table_privilege: [2, 'relation'],
  has_any_column_privilege: [2, 'relation'],
  has_sequence_privilege: [2, 'relation'],
  has_column_privilege: [3, 'relation'],
  has_type_privilege: [2, 'type'],
}

/** Which argument of a function is a text that is a name, and of what; undefined when none is. */
export function regArgument(name: string, count: number): { index: number; of: NameClass } | undefined {
  if (relationFirst.has(name)) return { index: 0, of: 'relation' }
  if (name === 'to_regtype') return { index: 0, of: 'type' }
  if (name === 'to_regproc') return { index: 0, of: 'routine' }
  const known = Object.hasOwn(privileges, name) ? privileges[name] : undefined
  return known === undefined ? undefined : { index: count - known[0], of: known[1] }
}
