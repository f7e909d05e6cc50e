import 'reflect-metadata'
import pg from 'pg'
import { DataSource, EntitySchema } from 'typeorm'

const id = { type: 'int', primary: true, generated: 'increment' }
const Author = new EntitySchema({
  name: 'author',
  columns: { id, email: { type: 'text', unique: true }, name: { type: 'text' } },
  relations: { books: { type: 'one-to-many', target: 'book', inverseSide: 'author' } },
})
const Book = new EntitySchema({
  name: 'book',
  columns: { id, title: { type: 'text' }, stock: { type: 'int', default: 0 } },
  relations: { author: { type: 'many-to-one', target: 'author', joinColumn: { name: 'author_id' } } },
})

/** A driver whose pools are wrapped. */
function driverOf(resolver) {
  return {
    ...pg,
    Pool: class {
      constructor(config) {
        return resolver.wrap(new pg.Pool(config))
      }
    },
  }
}

export async function connect(url, resolver) {
  const source = await new DataSource({
    type: 'postgres',
    url,
    entities: [Author, Book],
    ...(resolver === undefined ? {} : { driver: driverOf(resolver) }),
  }).initialize()
  const authors = source.getRepository(Author)
  const books = source.getRepository(Book)
  return {
    async work(tag) {
      const author = await authors.save({ email: tag, name: 'Ann' })
      await authors.upsert({ email: tag, name: 'Bo' }, ['email'])
      await books.insert([1, 2].map((n) => ({ title: `${tag} ${n}`, author })))
      await source.transaction(async (manager) => {
        await manager.find(Book, {
          where: { author: { id: author.id } },
          lock: { mode: 'pessimistic_write' },
        })
        await manager.increment(Book, { author: { id: author.id } }, 'stock', 2)
      })
      await books.delete({ title: `${tag} 1` })
      const found = await authors.findOne({ where: { email: tag }, relations: { books: true } })
      return found.books.map(({ title, stock }) => [found.name, title, stock])
    },
    breaks: { truncate: () => books.clear() },
    close: () => source.destroy(),
  }
}
