/** Functions and tags of drivers and query builders that are given SQL. */
export const databaseCalls =
  /^(?:execute|executemany|execute_(?:values|batch|query)|executescript|mogrify|copy_expert|copy|fetch|fetchrow|fetchval|fetch(?:one|all|many)|fetch_(?:one|all|val|row)|cursor|text|SQL|sql|query|Query|queryRow|QueryRow|QueryContext|QueryRowContext|Queryx|QueryRowx|Exec|ExecContext|NamedExec|NamedQuery|MustExec|Prepare|PrepareContext|Preparex|Select|Get|prepare|prepareStatement|prepareCall|executeQuery|executeUpdate|executeLargeUpdate|addBatch|createNativeQuery|createStatement|createUpdate|createBatch|prepareBatch|queryFor(?:Object|List|Map|RowSet|Stream|Int|Long)|batchUpdate|update|exec|exec_params|exec_query|exec_update|exec_insert|exec_delete|async_exec|select_(?:all|one|value|values|rows)|find_by_sql|count_by_sql|unprepared|statement|affectingStatement|select|selectOne|scalar|insert|delete|pg_query|pg_query_params|pg_prepare|pg_send_query|executeStatement|fetchAllAssociative|fetchAssociative|fetchOne|fetchFirstColumn|one|many|none|any|oneOrNone|manyOrNone|unsafe|raw|Raw|\$?queryRaw(?:Unsafe)?|\$?executeRaw(?:Unsafe)?|addSql|read_sql|read_sql_query)$/

/** Those of them that are given sentences elsewhere: `ui.text("Delete from users")`. */
export const ambiguousCalls =
  /^(?:text|sql|SQL|get|Get|Select|select|one|any|none|many|update|insert|delete|copy|raw|Raw|statement|exec)$/

/** Those of JPA and Doctrine, which speak of entities. */
export const jpqlCalls = /^(?:createQuery|createNamedQuery|createSelectionQuery|createMutationQuery)$/

/** Functions that are given the name of a table, or of a function of the database, and no SQL. */
export const tableCalls =
  /^(?:copy_from|copy_to|copy_(?:records_)?to_table|copy_from_table|Identifier|Table|table|knex|from|into|From|Into|join|(?:inner|left|right|full|outer|cross)_?[jJ]oin|leftOuterJoin|rightOuterJoin|insert_?[iI]nto|selectFrom|updateTable|deleteFrom|replaceInto|pgTable|create_table|createTable|drop_table|dropTable|alterTable|add_column|add_index|add_foreign_key|remove_column|rename_table|renameTable|has_table|hasTable|truncate|ForeignKey|references|read_sql_table|to_sql|CopyFrom|setTable|getTable|withTableName|inTable|columnInfo|batchInsert|NewModel|dropIfExists|define|createQueryBuilder|callproc|rpc)$/

/** Names that ORMs, and their users, keep the name of a table in. */
export const tableNames =
  /^(?:__tablename__|\$?table|\$?(?:db_)?table(?:_?[nN]ame)?|TABLE(?:_NAME)?|[A-Z]\w*_TABLE)$/

/** Functions whose strings people read. */
export const proseCalls =
  /^(?:print|puts|p|pp|echo|log|logger|debug|info|warn|warning|error|fatal|critical|exception|trace|notice|alert|confirm|fail|panic|describe|it|test|expect|toast|flash|notify|message|abort|exit|die|gettext|ngettext|translate|i18n|tr|_|__|(?:Print|Sprint|Fprint|Fatal|Error|Info|Warn|Debug|Log|Panic|Skip)(?:f|ln|w)?|println|printf|eprintln|var_dump|print_r|trigger_error|addError|add_argument|help)$/

/** Functions that give back the string they are given, more or less. */
export const passedThrough =
  /^(?:format|dedent|cleandoc|strip|lstrip|rstrip|trim|trimIndent|trimMargin|stripIndent|Sprintf|sprintf|freeze|squish|strip_heredoc|formatted|concat|join_lines|String|str|replace|replaceAll|intern|of|toString|StringBuilder|append)$/
