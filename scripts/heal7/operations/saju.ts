import type { Operation } from '../../load/workload.ts'
import { heal7Counters, heal7Tokens } from '../tables.ts'
import { expectRows, valueOf } from './expect.ts'
import { anyMember } from './member.ts'

/** Fortunes are told, and what the observatory answered is cached. */
export const sajuOperations: readonly Operation[] = [
  {
    name: 'tell fortune',
    weight: 4,
    perform: async (work) => {
      const day = new Date(Date.UTC(1990, 0, 1 + work.between(0, 11_999))).toISOString().slice(0, 10)
      const chart = work.token('chart-')
      const reading = work.token()
      await work.transaction(async () => {
        work.willAdd(heal7Counters.hits, day, 1)
        const upsert = `insert into ${work.name('kasi_cache')} as c (cache_key, solar_date, ganji, payload)
             values ($1, $2, $3, $4)
             on conflict (cache_key) do update set hit_count = c.hit_count + 1, fetched_at = now()
             returning ganji, hit_count`
        expectRows(await work.run(upsert, [day, day, '갑자', { lunMonth: 1 }]), 1)
        work.willInsert(heal7Tokens.chart, chart)
        const inserted = await work.run(
          `insert into ${work.name('saju_charts')} (user_id, share_code, birth_date, birth_hour, pillars)
             values ($1, $2, $3, $4, $5) returning id, birth_year`,
          [anyMember(work), chart, day, work.between(0, 23), { 년주: '갑자' }],
        )
        work.willInsert(heal7Tokens.reading, reading)
        await work.run(
          `insert into ${work.name('saju_readings')} (chart_id, reading_code, kind, score, body)
             values ($1, $2, '신년', $3, '귀인이 동쪽에서 온다') returning id`,
          [Number(valueOf(inserted, 'id')), reading, work.between(0, 100)],
        )
      })
    },
  },
  {
    name: 'old fortunes',
    weight: 3,
    perform: async (work) => {
      await work.run(
        `select c.share_code, c.birth_year, r.kind, r.score, u.nickname
           from ${work.name('saju_charts')} c
           join ${work.name('saju_readings')} r on r.chart_id = c.id
           join ${work.name('users')} u on u.id = c.user_id
          where c.user_id = $1 order by r.created_at desc limit 10`,
        [anyMember(work)],
      )
    },
  },
  {
    name: "today's fortune",
    weight: 2,
    perform: async (work) => {
      const improve = `with improved as (
             update ${work.name('daily_fortunes')} set luck = (luck + 1) % 5
              where user_id = $1 and fortune_date = '2025-12-01' returning user_id, luck)
         select i.luck, p.birth_date from improved i join ${work.name('user_profiles')} p on p.user_id = i.user_id`
      expectRows(await work.run(improve, [anyMember(work)]), 1)
    },
  },
]
