import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from '../generated/client.ts'

export function connect(url, resolver) {
  const pool = new pg.Pool({ connectionString: url })
  const adapter = new PrismaPg(resolver?.wrap(pool) ?? pool, { disposeExternalPool: true })
  const prisma = new PrismaClient({ adapter })
  return {
    async work(tag) {
      const author = await prisma.author.create({ data: { email: tag, name: 'Ann' } })
      await prisma.author.upsert({
        where: { email: tag },
        create: { email: tag, name: 'No' },
        update: { name: 'Bo' },
      })
      await prisma.book.createMany({
        data: [1, 2].map((n) => ({ title: `${tag} ${n}`, authorId: author.id })),
      })
      await prisma.$transaction(async (tx) => {
        await tx.$queryRaw`select id from book where author_id = ${author.id} for update`
        await tx.book.updateMany({ where: { authorId: author.id }, data: { stock: { increment: 2 } } })
      })
      await prisma.book.deleteMany({ where: { title: `${tag} 1` } })
      const found = await prisma.author.findUnique({ where: { email: tag }, include: { books: true } })
      return found.books.map(({ title, stock }) => [found.name, title, stock])
    },
    breaks: { truncate: () => prisma.$executeRaw`truncate book` },
    close: () => prisma.$disconnect(),
  }
}
