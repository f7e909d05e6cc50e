import type { Operation, Work } from '../../load/workload.ts'
import { heal7Counters, heal7Tokens } from '../tables.ts'
import { expectRows } from './expect.ts'

/** Any of the members that were there from the beginning. */
export const anyMember = (work: Work): number => work.between(1, 20_000)

/** Members sign in, look around, change their profile, sign out. */
export const memberOperations: readonly Operation[] = [
  {
    name: 'sign in',
    weight: 4,
    perform: async (work) => {
      const member = anyMember(work)
      const session = work.token()
      const email = `user${member}@heal7.example`
      await work.transaction(async () => {
        expectRows(await work.run(`select * from ${work.name('users')} where email = $1`, [email]), 1)
        work.willInsert(heal7Tokens.session, session)
        await work.run(
          `insert into ${work.name('user_sessions')} (user_id, session_token, device)
             values ($1, $2, $3) returning id, expires_at`,
          [member, session, work.pick(['web', 'android', 'ios'])],
        )
        work.willAdd(heal7Counters.logins, member, 1)
        const update = `update ${work.name('users')} set login_count = login_count + 1, last_login_at = now()
             where id = $1 returning login_count`
        expectRows(await work.run(update, [member]), 1)
      })
    },
  },
  {
    name: 'home page',
    weight: 6,
    perform: async (work) => {
      const member = anyMember(work)
      await work.run(
        `select u.id, u.nickname, p.birth_date, a.balance, ${work.name('user_display_name')}(u.id) as greeting
           from ${work.name('users')} u
           join ${work.name('user_profiles')} p on p.user_id = u.id
           left join ${work.name('point_accounts')} a on a.user_id = u.id
          where u.id = $1`,
        [member],
      )
      await work.run(`select * from ${work.name('user_overview')} where id = $1`, [member])
    },
  },
  {
    name: 'change profile',
    weight: 2,
    perform: async (work) => {
      const update = `update ${work.name('user_profiles')} p set preferences = p.preferences || $2::jsonb
           from ${work.name('users')} u where u.id = p.user_id and u.id = $1 returning p.user_id, u.nickname`
      expectRows(await work.run(update, [anyMember(work), { theme: work.pick(['해', '달', '별']) }]), 1)
    },
  },
  {
    name: 'files of a member',
    weight: 2,
    perform: async (work) => {
      await work.run(
        `select a.id, a.file_name, row_number() over (partition by a.user_id order by a.created_at desc) as place
           from ${work.name('attachments')} a where a.user_id between $1 and $1 + 3`,
        [anyMember(work)],
      )
    },
  },
  {
    name: 'sign out',
    weight: 2,
    perform: async (work) => {
      const session = work.takeOwn(heal7Tokens.session)
      if (session === undefined) return
      work.willDelete(heal7Tokens.session, session)
      const leave = `delete from ${work.name('user_sessions')} s using ${work.name('users')} u
           where u.id = s.user_id and s.session_token = $1 returning s.id`
      expectRows(await work.run(leave, [session]), 1)
    },
  },
]
