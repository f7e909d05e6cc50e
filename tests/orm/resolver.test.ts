import { expect, test } from '@jest/globals'
import { sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { phasesOf, planFor } from '../support/plan.ts'
import { run, undo } from '../support/run.ts'
import { Application } from './process.ts'

const schema = `
  create table author (id serial primary key, email text not null unique, name text not null);
  create table book (id serial primary key, title text not null, stock int not null default 0,
    author_id int not null references author (id))`

test.each(['kysely', 'drizzle', 'prisma', 'typeorm'])(
  '%s with a wrapped pool goes on in one process from before the plan until after contract',
  async (client) => {
    await using database = await freshDatabase('orm')
    await sql(database.url, schema)
    const plan = planFor(database.url, { services: { library: ['author', 'book'] } })
    const { expand, switches, contract } = phasesOf(plan)
    await using application = new Application(client, database.url, plan.name)
    const work = async (phase: string): Promise<void> => {
      const answer = await application.ask('work', phase)
      expect([phase, answer]).toEqual([phase, { result: [['Bo', `${phase} 2`, 2]] }])
    }
    await work('before')
    await run(plan, [expand])
    await work('expand')
    await run(plan, switches)
    await work('switch')
    await undo(plan, { to: 1 })
    await work('rollback')
    await run(plan, switches)
    await work('switch again')
    await run(plan, [contract])
    await work('contract')
    await sql(database.url, 'select from library.author, library.book')
  },
)
