/** Functions and tags of drivers and query builders that are given SQL. */
export const databaseCalls =
  /^(?:execute|executemany|execute_(?:values|batch|query)|executescript|mogrify|copy_expert|copy|fetch|fetchrow|fetchval|fetch(?:one|all|many)|fetch_(?:one|all|val|row)|cursor|text|SQL|sql|query|Query|queryRow|QueryRow|QueryContext|QueryRowContext|Queryx|QueryRowx|Exec|ExecContext|NamedExec|NamedQuery|MustExec|Prepare|PrepareContext|Preparex|Select|Get|prepare|prepareStatement|prepareCall|executeQuery|executeUpdate|executeLargeUpdate|addBatch|createNativeQuery|createStatement|createUpdate|createBatch|prepareBatch|query_as|query_scalar|query_(?:as_)?unchecked|query_scalar_unchecked|query_with|query_as_with|raw_sql|sql_query|query_one|query_opt|query_raw|batch_execute|simple_query|query_typed|Query(?:Async|First|FirstAsync|Single|SingleAsync|FirstOrDefault|FirstOrDefaultAsync|SingleOrDefault|SingleOrDefaultAsync|Multiple|MultipleAsync)?|Execute(?:Async|Scalar|ScalarAsync|Reader|ReaderAsync)?|NpgsqlCommand|CreateCommand|CommandText|query!|query_many|stream|do|prepare_cached|select(?:row|all|col)_\w+|queryFor(?:Object|List|Map|RowSet|Stream|Int|Long)|batchUpdate|update|exec|exec_params|exec_query|exec_update|exec_insert|exec_delete|async_exec|select_(?:all|one|value|values|rows)|find_by_sql|count_by_sql|unprepared|statement|affectingStatement|select|selectOne|scalar|insert|delete|pg_query|pg_query_params|pg_prepare|pg_send_query|executeStatement|fetchAllAssociative|fetchAssociative|fetchOne|fetchFirstColumn|one|many|none|any|oneOrNone|manyOrNone|unsafe|raw|Raw|\$?queryRaw(?:Unsafe)?|\$?executeRaw(?:Unsafe)?|addSql|read_sql|read_sql_query)$/

/** Those of them that are given sentences elsewhere: `ui.text("Delete from users")`. */
export const ambiguousCalls =
  /^(?:text|sql|SQL|get|Get|Select|select|one|any|none|many|update|insert|delete|copy|raw|Raw|statement|exec)$/

/** Those of JPA and Doctrine, which speak of entities. */
export const jpqlCalls = /^(?:createQuery|createNamedQuery|createSelectionQuery|createMutationQuery)$/

/** Functions that are given the name of a table, or of a function of the database, and no SQL. */
export const tableCalls =
  /^(?:copy_from|copy_to|copy_(?:records_)?to_table|copy_from_table|Identifier|Table|table|knex|from|into|From|Into|[jJ]oin|(?:[iI]nner|[lL]eft|[rR]ight|[fF]ull|[oO]uter|[cC]ross)_?(?:[oO]uter)?_?[jJ]oin|joinTable|InsertInto|DeleteFrom|ReplaceInto|insert_?[iI]nto|selectFrom|updateTable|deleteFrom|replaceInto|pgTable|create_table|createTable|drop_table|dropTable|alterTable|add_column|add_index|add_foreign_key|remove_column|rename_table|renameTable|has_table|hasTable|truncate|ForeignKey|references|read_sql_table|to_sql|CopyFrom|setTable|getTable|withTableName|inTable|columnInfo|batchInsert|NewModel|dropIfExists|define|createQueryBuilder|callproc|rpc|ToTable|ToView|DbTable|[A-Z]\w*IdTable|QueryTable|TableExpr|ModelTableExpr|dropTableIfExists|QuoteIdentifier|quote_ident|quote_table_name|read_table|setTableName|withTable|tableize)$/

/** Those of them that are something else where they are called on something else: `path.join`, `Array.from`. */
export const notTableCalls =
  /(?:(?<![\w$])(?:path|filepath|posixpath|ntpath|strings|bytes|url|os\.path|String|string|StringUtils|Joiner|Path|Paths|URI|Array|Buffer|Object|Observable|Set|Map|List|Stream|Promise|Iterable|Date|Instant|LocalDate|Optional|console|_|Uint8Array)|["'`\]])\s*\.\s*(?:join|from|of|table|Join|From)$/

/** Functions that a builder puts SQL together from: what they are given is a piece of it. */
export const pieceCalls =
  /^(?:joins|left_outer_joins|where|rewhere|having|whereRaw|orWhereRaw|havingRaw|joinRaw|fromRaw|selectRaw|orderByRaw|groupByRaw|andWhere|orWhere|andHaving|Where|OrWhere|AndWhere|Having|Joins|JoinClause|Suffix|Prefix|Expr|ColumnExpr|fragment|literal|Arel\.sql|literal_column|find_each|exists\?|FromSqlRaw|FromSql|FromSqlInterpolated|SqlQueryRaw|ExecuteSqlRaw|ExecuteSqlRawAsync|ExecuteSqlInterpolated)$/

/** The same of names that pieces are given by: `joins=["LEFT JOIN users …"]`. */
export const pieceNames =
  /^(?:\w*_)?(?:sql|query|stmt|clause|cte|joins?|where|having|order_by)(?:_\w*)?$|^\w*[a-z](?:Sql|SQL|Query|Clause|Join|Joins)$/i

/** Functions whose names say that they work on a table of a database, though they are no one’s that is known. */
export const tableLikeCalls =
  /(?:^|_)(?:table|insert|upsert|truncate|select|delete|update|query|fetch|count)(?:_|$)|(?:Table|Insert|Upsert|Truncate|Query|Select|Sql|SQL)(?:[A-Z]|$)|^(?:insert|upsert|truncate|select|query)[A-Z]/
export const notTableLikeCalls =
  /^use[A-Z]|selector|param|client|key|string|cache|state|collection|element|cookie|field|header|column|option|event|invalidate|css|dom/i

/** Of what those that are given SQL elsewhere take a table’s name, too: `db.insert("users", row)`. */
export const rowCalls = /^(?:insert|update|delete|select|upsert|copy|get|one|any|many)$/
export const databaseObjects =
  /(?:^|[\w$>.:])(?:db|database|conn|connection|pool|tx|trx|transaction|session|wpdb|sql|qb|cursor|cur|DB)\s*(?:\.|->|::|\?\.)\s*[\w$]+$/i

/** Functions that are given an address of the web, or a part of one. */
export const routeCalls =
  /^(?:resources?|route|routes|path|re_path|url|url_for|navigate|redirect\w*|namespace|mount|apiResource|Route|Map(?:Get|Post|Put|Delete|Group)|HandleFunc|Handle|router|href|controller)$/

/** Names that ORMs, and their users, keep the name of a table in. */
export const tableNames =
  /^\$?(?:__tablename__|(?:\w*_)?tables?(?:_?[nN]ames?)?|\w*[a-z\d]Tables?(?:Names?)?|(?:[A-Z]\w*_)?TABLES?(?:_NAMES?)?|relation(?:_?[nN]ame)?|relname|secondary|FROM_TABLE)$/

/** Annotations by which an ORM finds the table of a class, and those that hold the name of a column or of something else. */
export const mappingAnnotations =
  /^(?:(?:\w+[.\\])*)(?:Table|SecondaryTables?|JoinTable|CollectionTable|Entity|ViewEntity|TableName|TableGenerator|SequenceGenerator|MappedEntity|MappedProperty|View|Synchronize|ManyToMany|diesel|sea_orm|sqlx|table_name|PrimaryTable|DatabaseTable)$/

/** Functions whose strings people read. */
export const proseCalls =
  /^(?:print|puts|p|pp|echo|log|logger|debug|info|warn|warning|error|fatal|critical|exception|trace|notice|alert|confirm|fail|panic|describe|it|test|expect|toast|flash|notify|message|abort|exit|die|gettext|ngettext|translate|i18n|tr|_|__|(?:Print|Sprint|Fprint|Fatal|Error|Info|Warn|Debug|Log|Panic|Skip)(?:f|ln|w)?|println|printf|eprintln|var_dump|print_r|trigger_error|addError|add_argument|help)$/

/** Functions that give back the string they are given, more or less. */
export const passedThrough =
  /^(?:format|dedent|cleandoc|strip|lstrip|rstrip|trim|trimIndent|trimMargin|stripIndent|Sprintf|sprintf|freeze|squish|strip_heredoc|formatted|concat|join_lines|String|str|replace|replaceAll|intern|of|toString|StringBuilder|append)$/
