import createKnex from 'knex'

export function connect(url) {
  const knex = createKnex({ client: 'pg', connection: url, pool: { min: 1, max: 2 } })
  return {
    async work(tag) {
      const [author] = await knex('author').insert({ email: tag, name: 'Ann' }).returning('*')
      await knex('author').insert({ email: tag, name: 'Bo' }).onConflict('email').merge()
      await knex.batchInsert('book', [
        { title: `${tag} 1`, author_id: author.id },
        { title: `${tag} 2`, author_id: author.id },
      ])
      await knex.transaction(async (tx) => {
        await tx('book').where({ author_id: author.id }).forUpdate().select('id')
        await tx('book').where({ author_id: author.id }).increment('stock', 2)
      })
      await knex('book')
        .where({ title: `${tag} 1` })
        .delete()
      const rows = await knex('book')
        .join('author', 'author.id', 'book.author_id')
        .where('email', tag)
        .select('name', 'title', 'stock')
      return rows.map(({ name, title, stock }) => [name, title, stock])
    },
    breaks: { truncate: () => knex('book').truncate() },
    close: () => knex.destroy(),
  }
}
