import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'

export function connect(url, resolver) {
  const pool = new pg.Pool({ connectionString: url })
  const db = new Kysely({ dialect: new PostgresDialect({ pool: resolver?.wrap(pool) ?? pool }) })
  return {
    async work(tag) {
      const { id } = await db
        .insertInto('author')
        .values({ email: tag, name: 'Ann' })
        .returning('id')
        .executeTakeFirstOrThrow()
      await db
        .insertInto('author')
        .values({ email: tag, name: 'Bo' })
        .onConflict((conflict) => conflict.column('email').doUpdateSet({ name: 'Bo' }))
        .execute()
      await db
        .insertInto('public.book')
        .values([1, 2].map((n) => ({ title: `${tag} ${n}`, author_id: id })))
        .execute()
      await db.transaction().execute(async (tx) => {
        await tx.selectFrom('book').select('id').where('author_id', '=', id).forUpdate().execute()
        await tx
          .updateTable('book')
          .set((eb) => ({ stock: eb('stock', '+', 2) }))
          .where('author_id', '=', id)
          .execute()
      })
      await db.deleteFrom('book').where('title', '=', `${tag} 1`).execute()
      const rows = await db
        .selectFrom('book')
        .innerJoin('author', 'author.id', 'book.author_id')
        .select(['author.name', 'book.title', 'book.stock'])
        .where('author.email', '=', tag)
        .execute()
      return rows.map(({ name, title, stock }) => [name, title, stock])
    },
    close: () => db.destroy(),
  }
}
