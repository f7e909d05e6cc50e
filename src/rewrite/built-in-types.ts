/** Types of pg_catalog that the grammar does not know by itself: they are found before a table of that name. */
export const builtInTypes: ReadonlySet<string> = new Set(
  `abstime aclitem any anyarray anyelement anyenum anymultirange anynonarray anyrange box bpchar bytea char cid cidr circle
   cstring date datemultirange daterange event_trigger fdw_handler float4 float8 gtsvector inet int2 int2vector
   int4 int4multirange int4range int8 int8multirange int8range internal json jsonb jsonpath language_handler line
   lseg macaddr macaddr8 money name nummultirange numrange oid oidvector path pg_lsn pg_node_tree pg_snapshot
   point polygon record refcursor regclass regcollation regconfig regdictionary regnamespace regoper
   regoperator regproc regprocedure regrole regtype text tid timestamptz timetz trigger tsmultirange tsquery
   tsrange tstzmultirange tstzrange tsvector txid_snapshot unknown uuid void xid xid8 xml`.split(/\s+/),
)
