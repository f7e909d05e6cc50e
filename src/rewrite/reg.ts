import type { NameClass } from './moves.ts'

/** Types whose text is a name (manual, chapter 8.19). */
export const regTypes: Readonly<Record<string, NameClass>> = {
  regclass: 'relation',
  regtype: 'type',
  regproc: 'routine',
}

const relationArguments = new Set([
  ...['nextval', 'currval', 'setval', 'pg_get_serial_sequence', 'to_regclass'],
  ...[
    'pg_relation_size',
    'pg_table_size',
    'pg_indexes_size',
    'pg_total_relation_size',
    'pg_relation_filepath',
    'pg_relation_filenode',
  ],
  ...[
    'pg_get_viewdef',
    'pg_get_indexdef',
    'pg_partition_tree',
    'pg_partition_ancestors',
    'pg_partition_root',
  ],
  ...[
    'table_to_xml',
    'table_to_xmlschema',
    'table_to_xml_and_xmlschema',
    'row_security_active',
    'pg_column_is_updatable',
    'pg_relation_is_updatable',
  ],
  ...[
    'brin_summarize_new_values',
    'brin_summarize_range',
    'brin_desummarize_range',
    'gin_clean_pending_list',
  ],
  ...[
    'pgstattuple',
    'pgstatindex',
    'pg_prewarm',
    'pg_sequence_last_value',
    'pg_stat_reset_single_table_counters',
  ],
])

/** What the first argument of a function names, if it is a text that is a name. */
export function regArguments(name: string): NameClass | undefined {
  if (relationArguments.has(name)) return 'relation'
  return name === 'to_regtype' ? 'type' : name === 'to_regproc' ? 'routine' : undefined
}
