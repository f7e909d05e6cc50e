/** What other databases have and PostgreSQL's grammar does not, with what to call it. */
const foreign: readonly (readonly [RegExp, string])[] = [
  [/\binsert\s+or\s+(?:ignore|replace|abort|rollback|fail)\b/i, 'INSERT OR'],
  [/\bautoincrement\b|\bauto_increment\b/i, 'AUTOINCREMENT'],
  [/\bon\s+duplicate\s+key\s+update\b/i, 'ON DUPLICATE KEY'],
  [/\bengine\s*=\s*\w+/i, 'ENGINE'],
  [/\bwithout\s+rowid\b/i, 'WITHOUT ROWID'],
  [/\bcreate\s+virtual\s+table\b/i, 'CREATE VIRTUAL TABLE'],
  [/\bcreate\s+trigger\s+if\s+not\s+exists\b/i, 'CREATE TRIGGER IF NOT EXISTS'],
  [/^\s*replace\s+into\b/i, 'REPLACE INTO'],
  [/^\s*pragma\b/i, 'PRAGMA'],
  [/\bmatch\s+(?:\?|:\w+|@\w+|%s)/i, 'MATCH'],
  [
    /\b(?:int|integer|bigint|smallint|tinyint)(?:\(\d+\))?\s+unsigned\b|\bunsigned\s+(?:big)?int\b/i,
    'UNSIGNED',
  ],
  [/\b(?:nvarchar|tinyint|mediumtext|longtext|datetime2|varchar2)\b/i, 'a type of another database'],
  [/\ballow\s+filtering\b|\busing\s+ttl\b/i, 'CQL'],
  [/\[dbo\]|\bdbo\.|\bwith\s*\(\s*nolock\s*\)|\bselect\s+top\s*\(?\d/i, 'T-SQL'],
  [/`\w+`/, 'backquotes'],
]

/** What shows that SQL which PostgreSQL cannot read is that of another database; undefined where nothing does. */
export function foreignMark(sql: string): string | undefined {
  // What a comment or a string says is no SQL.
  const bare = sql.replaceAll(/--[^\n]*|\/\*[^]*?\*\/|'(?:[^']|'')*'/g, ' ')
  return foreign.find(([pattern]) => pattern.test(bare))?.[1]
}
