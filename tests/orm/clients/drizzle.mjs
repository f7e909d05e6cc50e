import { eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable, serial, text } from 'drizzle-orm/pg-core'
import pg from 'pg'

const author = pgTable('author', {
  id: serial('id').primaryKey(),
  email: text('email').notNull().unique(),
  name: text('name').notNull(),
})
const book = pgTable('book', {
  id: serial('id').primaryKey(),
  title: text('title').notNull(),
  stock: integer('stock').notNull().default(0),
  authorId: integer('author_id').notNull(),
})

export function connect(url, resolver) {
  const pool = new pg.Pool({ connectionString: url })
  const db = drizzle({ client: resolver?.wrap(pool) ?? pool })
  return {
    async work(tag) {
      const [{ id }] = await db
        .insert(author)
        .values({ email: tag, name: 'Ann' })
        .returning({ id: author.id })
      await db
        .insert(author)
        .values({ email: tag, name: 'Bo' })
        .onConflictDoUpdate({ target: author.email, set: { name: 'Bo' } })
      await db.insert(book).values([1, 2].map((n) => ({ title: `${tag} ${n}`, authorId: id })))
      await db.transaction(async (tx) => {
        await tx.select({ id: book.id }).from(book).where(eq(book.authorId, id)).for('update')
        await tx
          .update(book)
          .set({ stock: sql`${book.stock} + 2` })
          .where(eq(book.authorId, id))
      })
      await db.delete(book).where(eq(book.title, `${tag} 1`))
      const rows = await db
        .select({ name: author.name, title: book.title, stock: book.stock })
        .from(book)
        .innerJoin(author, eq(author.id, book.authorId))
        .where(eq(author.email, tag))
      return rows.map(({ name, title, stock }) => [name, title, stock])
    },
    close: () => pool.end(),
  }
}
