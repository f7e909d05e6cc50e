import type { Operation } from '../../load/workload.ts'
import { heal7Counters, heal7Tokens } from '../tables.ts'
import { expectRows, valueOf } from './expect.ts'
import { anyMember } from './member.ts'

/** Dreams are looked up and written down. */
export const dreamOperations: readonly Operation[] = [
  {
    name: 'look up dream',
    weight: 5,
    perform: async (work) => {
      const dream = work.between(1, 5_000)
      const select = `select i.*, c.name from ${work.name('dream_interpretations')} i
           join ${work.name('dream_categories')} c on c.id = i.category_id where i.id = $1`
      expectRows(await work.run(select, [dream]), 1)
      work.willAdd(heal7Counters.views, dream, 1)
      const update = `update ${work.name('dream_interpretations')} set view_count = view_count + 1 where id = $1`
      expectRows(await work.run(update, [dream]), 1)
    },
  },
  {
    name: 'search dreams',
    weight: 2,
    perform: async (work) => {
      const word = work.pick(['길몽1', '길몽7', '길몽23'])
      expectRows(await work.run(`select * from ${work.name('find_dreams')}($1)`, [word]), 10)
      const slug = `dream-${work.between(1, 60)}`
      await work.run(`select ${work.name('dream_count')}($1) as dreams`, [slug])
    },
  },
  {
    name: 'write diary',
    weight: 3,
    perform: async (work) => {
      const entry = work.token()
      await work.transaction(async () => {
        work.willInsert(heal7Tokens.diary, entry)
        const diary = await work.run(
          `insert into ${work.name('dream_diaries')} (user_id, interpretation_id, entry_code, content, mood)
             values ($1, $2, $3, $4, default) returning id, dreamt_on`,
          [anyMember(work), work.between(1, 5_000), entry, '어젯밤 꿈에 용을 보았다'],
        )
        await work.run(
          `insert into ${work.name('dream_diary_keywords')} (diary_id, keyword)
             values ($1, '용'), ($1, '하늘') on conflict (diary_id, keyword) do nothing`,
          [Number(valueOf(diary, 'id'))],
        )
      })
    },
  },
]
