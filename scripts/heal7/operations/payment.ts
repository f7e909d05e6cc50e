import type { Operation } from '../../load/workload.ts'
import { heal7Counters, heal7Tokens } from '../tables.ts'
import { expectRows, valueOf } from './expect.ts'
import { anyMember } from './member.ts'

/** Money and cards: transactions over the tables of several services. */
export const paymentOperations: readonly Operation[] = [
  {
    name: 'pay',
    weight: 3,
    perform: async (work) => {
      const member = anyMember(work)
      const order = work.token('live-')
      await work.transaction(async () => {
        const account = `select a.balance, u.nickname from ${work.name('point_accounts')} a
             join ${work.name('users')} u on u.id = a.user_id where a.user_id = $1 for no key update of a`
        expectRows(await work.run(account, [member]), 1)
        const product = await work.run(`select id, price from ${work.name('products')} where code = $1`, [
          `P${String(work.between(1, 12)).padStart(3, '0')}`,
        ])
        work.willInsert(heal7Tokens.order, order)
        await work.run(
          `insert into ${work.name('payments')} (user_id, product_id, order_no, amount, meta)
             values ($1, $2, $3, $4, $5) returning id, status`,
          [
            member,
            Number(valueOf(product, 'id')),
            order,
            Number(valueOf(product, 'price')),
            { method: '카드' },
          ],
        )
        await work.run(
          `update ${work.name('payments')} set status = 'paid', paid_at = now() where order_no = $1`,
          [order],
        )
        work.willAdd(heal7Counters.points, member, 10)
        await work.run(`select ${work.name('grant_points')}($1, 10, '구매 적립') as balance`, [member])
      })
    },
  },
  {
    name: 'draw cards',
    weight: 3,
    perform: async (work) => {
      const reading = work.token()
      await work.transaction(async () => {
        work.willInsert(heal7Tokens.tarot, reading)
        const inserted = await work.run(
          `insert into ${work.name('tarot_readings')} (user_id, reading_code, question)
             values ($1, $2, '이번 달 연애운은 어떤가요?') returning id, spread`,
          [anyMember(work), reading],
        )
        const first = work.between(1, 70)
        await work.run(
          `insert into ${work.name('tarot_reading_cards')} (reading_id, position, card_id, is_reversed)
             select $1::integer, position, $2 + position, position = 2 from generate_series(1, 3) position`,
          [Number(valueOf(inserted, 'id')), first],
        )
        const drawn = `select c.name, d.position from ${work.name('tarot_reading_cards')} d
             join ${work.name('tarot_cards')} c on c.id = d.card_id where d.reading_id = $1 order by d.position`
        expectRows(await work.run(drawn, [Number(valueOf(inserted, 'id'))]), 3)
      })
    },
  },
]
