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

test.each(['prisma', 'typeorm', 'knex', 'sequelize'])(
  '%s works by the old names in every phase, in an old process and in a new one',
  async (client) => {
    await using database = await freshDatabase('orm')
    await sql(database.url, schema)
    const plan = planFor(database.url, { services: { library: ['author', 'book'] } })
    const { expand, switches } = phasesOf(plan)
    await using old = new Application(client, database.url)
    const work = async (phase: string): Promise<void> => {
      await using fresh = new Application(client, database.url)
      for (const [name, application] of Object.entries({ old, fresh })) {
        const tag = `${phase}, ${name}`
        expect([tag, await application.ask('work', tag)]).toEqual([tag, { result: [['Bo', `${tag} 2`, 2]] }])
      }
    }
    await work('before')
    await run(plan, [expand])
    await work('expand')
    await run(plan, switches)
    await work('switch')
    // What a view cannot do, by the SQLSTATE that clients get.
    expect(await old.ask('truncate')).toMatchObject({ error: expect.stringContaining('is not a table') })
    if (client === 'sequelize') expect(await old.ask('sync')).toMatchObject({ error: expect.any(String) })
    await work('after what failed')
    await undo(plan, { to: 1 })
    await work('rollback')
    await run(plan, switches)
    await work('switch again')
  },
)
