/** Functions of PostgreSQL and its extensions that run their arguments as SQL. */
export const sqlFunctions: ReadonlySet<string> = new Set([
  ...[
    'query_to_xml',
    'query_to_xmlschema',
    'query_to_xml_and_xmlschema',
    'cursor_to_xml',
    'ts_stat',
    'ts_rewrite',
  ],
  ...['crosstab', 'crosstab2', 'crosstab3', 'crosstab4', 'connectby'],
])
