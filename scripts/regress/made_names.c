/*
 * Writes the name of every relation that is made or renamed to the server's log, and of every type that is none of a
 * relation, also in transactions that are rolled back: what the suite calls them is for PostgreSQL to say.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

PG_MODULE_MAGIC;

void _PG_init(void);

static object_access_hook_type next_hook = NULL;

/* Is it the row type of a relation, or an array? */
static bool
follows(Form_pg_type row)
{
	return OidIsValid(row->typrelid) || row->typcategory == TYPCATEGORY_ARRAY;
}

static void
tell_type(Oid oid)
{
	Relation	catalog = table_open(TypeRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_type_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
	scan = systable_beginscan(catalog, TypeOidIndexId, true, SnapshotSelf, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple) && !follows((Form_pg_type) GETSTRUCT(tuple)))
		ereport(LOG_SERVER_ONLY,
				(errmsg("type made: %s", quote_identifier(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname))),
				 errhidestmt(true), errhidecontext(true)));
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

/* The relation itself, or the table of an index. */
static char *
belongs_to(Form_pg_class row)
{
	Oid			table = row->oid;
	Relation	catalog;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	if (row->relkind != RELKIND_INDEX && row->relkind != RELKIND_PARTITIONED_INDEX)
		return pstrdup(NameStr(row->relname));
	catalog = table_open(IndexRelationId, AccessShareLock);
	ScanKeyInit(&key, Anum_pg_index_indexrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(row->oid));
	scan = systable_beginscan(catalog, IndexRelidIndexId, true, SnapshotSelf, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		table = ((Form_pg_index) GETSTRUCT(tuple))->indrelid;
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return get_rel_name(table);
}

static void
tell_relation(Oid oid)
{
	Relation	catalog = table_open(RelationRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_class_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
	/* Its own row, which no snapshot sees before the next command. */
	scan = systable_beginscan(catalog, ClassOidIndexId, true, SnapshotSelf, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		Form_pg_class row = (Form_pg_class) GETSTRUCT(tuple);
		char	   *schema = get_namespace_name(row->relnamespace);

		if (schema != NULL && row->relpersistence != RELPERSISTENCE_TEMP && strcmp(schema, "public") == 0)
			ereport(LOG_SERVER_ONLY,
					(errmsg("relation made: %s of %s", quote_identifier(NameStr(row->relname)),
							quote_identifier(belongs_to(row))),
					 errhidestmt(true), errhidecontext(true)));
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

static void
hook(ObjectAccessType access, Oid class_id, Oid oid, int sub_id, void *arg)
{
	if (next_hook)
		next_hook(access, class_id, oid, sub_id, arg);
	if (class_id == RelationRelationId && sub_id == 0 && (access == OAT_POST_CREATE || access == OAT_POST_ALTER))
		tell_relation(oid);
	if (class_id == TypeRelationId && access == OAT_POST_CREATE)
		tell_type(oid);
}

void
_PG_init(void)
{
	next_hook = object_access_hook;
	object_access_hook = hook;
}
