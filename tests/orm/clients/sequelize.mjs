import { DataTypes, Sequelize } from 'sequelize'

export function connect(url) {
  const sequelize = new Sequelize(url, {
    logging: false,
    define: { timestamps: false, underscored: true, freezeTableName: true },
  })
  const Author = sequelize.define('author', {
    email: { type: DataTypes.TEXT, unique: true },
    name: DataTypes.TEXT,
  })
  const Book = sequelize.define('book', { title: DataTypes.TEXT, stock: DataTypes.INTEGER })
  Author.hasMany(Book)
  Book.belongsTo(Author)
  return {
    async work(tag) {
      const author = await Author.create({ email: tag, name: 'Ann' })
      await Author.upsert({ email: tag, name: 'Bo' }, { conflictFields: ['email'] })
      await Book.bulkCreate([1, 2].map((n) => ({ title: `${tag} ${n}`, stock: 0, authorId: author.id })))
      await sequelize.transaction(async (transaction) => {
        await Book.findAll({ where: { authorId: author.id }, lock: true, transaction })
        await Book.increment('stock', { by: 2, where: { authorId: author.id }, transaction })
      })
      await Book.destroy({ where: { title: `${tag} 1` } })
      const found = await Author.findOne({ where: { email: tag }, include: Book })
      return found.books.map(({ title, stock }) => [found.name, title, stock])
    },
    breaks: { truncate: () => Book.truncate(), sync: () => sequelize.sync({ alter: true }) },
    close: () => sequelize.close(),
  }
}
