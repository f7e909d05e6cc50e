import { expect, test } from '@jest/globals'
import { compareTables } from '../../src/content/compare.ts'
import { measureContent } from '../../src/content/measure.ts'
import { repairStatements } from '../../src/content/repair.ts'
import { Session } from '../../src/pg/session.ts'
import { freshDatabase } from '../support/database.ts'

/** Types of an enum, a composite and a range, their arrays and a domain, with casts that fail wherever they are called. */
const types = `
  create type public.mood as enum ('sad', 'ok', 'glad');
  create type public.pair as (a int, b text);
  create type public.span as range (subtype = int4);
  create domain public.feeling as public.mood;
`

function casts(type: string, n: number): string {
  return `
    create function public.out_${n}(${type}) returns text language plpgsql as $$begin raise 'cast of ${type} to text'; end$$;
    create function public.in_${n}(text) returns ${type} language plpgsql as $$begin raise 'cast of text to ${type}'; end$$;
    create function public.json_${n}(${type}) returns json language plpgsql as $$begin raise 'cast of ${type} to json'; end$$;
    create cast (${type} as text) with function public.out_${n}(${type}) as ${n === 0 ? 'assignment' : 'implicit'};
    create cast (text as ${type}) with function public.in_${n}(text) as assignment;
    create cast (${type} as json) with function public.json_${n}(${type}) as ${n === 0 ? 'assignment' : 'implicit'};`
}

const cast = ['public.mood', 'public.mood[]', 'public.pair', 'public.pair[]', 'public.span']

const table = (name: string): string => `
  create table public.${name} (m public.mood, n int, p public.pair, f public.feeling, ms public.mood[], ps public.pair[], s public.span,
    primary key (m, n));
  insert into public.${name} values ('sad', 1, '(1,x)', 'ok', '{sad,glad}', '{"(1,y)"}', '[1,3)'), ('ok', 1, '(,)', null, '{}', null, 'empty'),
    ('glad', 2, null, 'sad', '{NULL}', '{NULL}', '(,)');`

test('no cast of somebody else’s is called to sum, compare or repair rows, and all of a value is seen', async () => {
  await using database = await freshDatabase('casts')
  await using session = await Session.connect({ alias: 'test', url: database.url }, 'casts')
  await session.script(`${types} ${cast.map(casts).join('\n')} ${table('one')} ${table('two')} ${table('bag')} ${table('other')}
    create function public.whole(public.one) returns text language plpgsql as $$begin raise 'cast of a row to text'; end$$;
    create cast (public.one as text) with function public.whole(public.one);
    alter table public.bag drop constraint bag_pkey; alter table public.other drop constraint other_pkey;
    alter table public.bag alter m drop not null, alter n drop not null; alter table public.other alter m drop not null, alter n drop not null`)
  const side = (name: string) => ({ session, relation: { schema: 'public', name } })
  const sums = await measureContent(session, [side('one').relation, side('bag').relation])
  expect(sums[0]!.checksum).toBe(sums[1]!.checksum)
  expect((await compareTables(side('one'), side('two'), { chunkRows: 1 })).isEqual).toBe(true)
  await session.script(`
    update public.two set p = '(1,z)' where m = 'sad'; update public.two set p = null where m = 'ok';
    delete from public.two where m = 'glad'; insert into public.two (m, n) values ('glad', 9);
    update public.other set ms = '{glad}' where n = 2; insert into public.other values ('ok', 7)`)
  for (const [left, right, count] of [
    ['one', 'two', 4],
    ['bag', 'other', 3],
  ] as const) {
    const found = await compareTables(side(left), side(right), { chunkRows: 1 })
    expect(found.differences).toHaveLength(count)
    for await (const statement of repairStatements(side(left), side(right), found))
      await session.script(statement)
    expect((await compareTables(side(left), side(right))).isEqual).toBe(true)
  }
  // With an implicit one there is more than one operator, and rows are told apart by nothing.
  await session.script(`drop cast (public.mood as json);
    create cast (public.mood as json) with function public.json_0(public.mood) as implicit`)
  const whole = await compareTables(side('one'), side('two'))
  expect([whole.isEqual, whole.key]).toEqual([true, undefined])
})
