import type { Operation } from '../../load/workload.ts'
import { heal7Counters, heal7Tokens } from '../tables.ts'
import { valueOf } from './expect.ts'

/** What runs behind the pages: the crawler, the dashboard, the support desk. */
export const backOfficeOperations: readonly Operation[] = [
  {
    name: 'crawl',
    weight: 2,
    perform: async (work) => {
      const url = work.token('https://live.example/')
      await work.transaction(async () => {
        const source = await work.run(
          `select id, base_url from ${work.name('crawl_sources')} where next_fetch_at < now()
             order by next_fetch_at limit 1 for no key update skip locked`,
        )
        // All sources may be in the hands of other crawlers.
        if (source.rows.length === 0) return
        const id = Number(valueOf(source, 'id'))
        work.willAdd(heal7Counters.fetches, id, 1)
        await work.run(
          `update ${work.name('crawl_sources')} set fetch_count = fetch_count + 1, next_fetch_at = now() where id = $1`,
          [id],
        )
        await work.run(
          `insert into ${work.name('crawl_log')} (source_id, url, http_status, byte_size)
             values ($1, $2, 200, $3), ($1, $2, 304, default) returning id, fetched_at`,
          [id, url, work.between(100, 90_000)],
        )
        work.willInsert(heal7Tokens.document, url)
        await work.run(
          `insert into ${work.name('crawled_documents')} as d (source_id, url, title, body)
             values ($1, $2, '꿈 이야기', '길몽이다')
             on conflict (url) do update set revision = d.revision + 1 returning id, revision`,
          [id, url],
        )
      })
    },
  },
  {
    name: 'crawl again',
    weight: 1,
    perform: async (work) => {
      const number = work.between(1, 5_000)
      await work.run(
        `insert into ${work.name('crawled_documents')} as d (source_id, url, body) values ($1, $2, '새 글')
           on conflict (url) do update set revision = d.revision + 1, fetched_at = now()`,
        [1 + (number % 40), `https://dream${1 + (number % 40)}.example/doc/${number}`],
      )
    },
  },
  {
    name: 'dashboard',
    weight: 1,
    perform: async (work) => {
      await work.run(
        `insert into ${work.name('dashboard_metrics')} as m (metric_date, service, requests) values (current_date, $1, 1)
           on conflict (metric_date, service) do update set requests = m.requests + 1`,
        [work.pick(['saju', 'dream', 'crawler', 'tarot', 'payment'])],
      )
      await work.run(`select * from ${work.name('daily_activity')} order by day desc limit 7`)
      await work.run(
        `select product, revenue from ${work.name('daily_revenue')} where day = $1 order by revenue desc`,
        ['2025-06-15'],
      )
      await work.run(
        `select category, title from ${work.name('popular_dreams')} where place = 1 order by view_count desc limit 5`,
      )
    },
  },
  {
    name: 'support desk',
    weight: 1,
    perform: async (work) => {
      await work.run(
        `select l.action, l.created_at, u.nickname from ${work.name('audit_log')} l
           join ${work.name('users')} u on u.id::text = l.row_id
          where l.table_name = 'users' and l.row_id = $1 order by l.id desc limit 5`,
        [String(work.between(1, 20_000))],
      )
      await work.run(
        `select n.title, u.nickname, a.file_name, s.setting_value from ${work.name('admin_notices')} n
           join ${work.name('users')} u on u.id = n.author_id
           left join ${work.name('attachments')} a on a.id = n.attachment_id
           left join ${work.name('legacy_settings')} s on s.setting_key = 'heal7.' || n.id
          where n.id = $1`,
        [work.between(1, 50)],
      )
    },
  },
]
