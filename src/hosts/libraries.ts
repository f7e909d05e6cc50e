/**
 * Query builders that take `schema.table` where they take a table, also with an alias or as a part of a join, and put each part
 * into the SQL: there the new name can be written.
 */
const builders: readonly { readonly language: RegExp; readonly seen: RegExp; readonly calls: RegExp }[] = [
  {
    language: /^Go$/,
    seen: /Masterminds\/squirrel|go-sqlbuilder|\/goqu|gorm\.io\/gorm|jinzhu\/gorm|xorm\.io|gocraft\/dbr|uptrace\/bun|\b(?:sq|squirrel|goqu|psql)\.(?:Select|Insert|Update|Delete|From|StatementBuilder)\b|\bgorm\.(?:DB|Model)\b/,
    calls:
      /^(?:From|Into|Table|Joins?|(?:Left|Right|Inner|Full|Cross)(?:Outer)?Join|InsertInto|Insert|Update|Delete|DeleteFrom|Replace|TableExpr|ModelTableExpr|JoinClause)$/,
  },
  {
    language: /^(?:TypeScript|JavaScript)$/,
    seen: /\bknex\b/i,
    calls:
      /^(?:knex|from|into|table|join|(?:inner|left|right|full|outer|cross|leftOuter|rightOuter|fullOuter)Join|joinRaw|fromRaw)$/,
  },
  {
    language: /^PHP$/,
    seen: /Illuminate\\|\bDB::(?:table|select|connection)\b/,
    calls: /^(?:table|from|join|(?:left|right|cross)Join|fromRaw)$/,
  },
  {
    language: /^Ruby$/,
    seen: /\bApplicationRecord\b|\bActiveRecord::|\.(?:joins|left_joins)\b/,
    calls: /^(?:from|joins|table_name)$/,
  },
  { language: /^(?:Java|Kotlin)$/, seen: /\borg\.jooq\b/, calls: /^table$/ },
  { language: /^C#$/, seen: /\bSqlKata\b/, calls: /^(?:Query|From|Join|(?:Left|Right|Cross)Join)$/ },
]

/** The functions of a file that the new name can be written for; undefined for none. */
export function dottedCallsOf(language: string, source: string): ((name: string) => boolean) | undefined {
  const found = builders.filter((each) => each.language.test(language) && each.seen.test(source))
  return found.length === 0 ? undefined : (name) => found.some(({ calls }) => calls.test(name))
}
