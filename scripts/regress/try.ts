import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { Moves } from '../../src/rewrite/moves.ts'
import { rewriteScript } from '../../src/rewrite/rewrite-script.ts'
import { Parser } from '../../src/sql/parser.ts'
import { madeNames } from './names.ts'
const [from, to] = process.argv.slice(2) as [string, string]
const parser = await Parser.load()
const files = (await readdir(`${from}/sql`)).filter((f) => f.endsWith('.sql'))
const scripts = new Map<string, string>()
for (const f of files)
  scripts.set(
    f,
    await readFile(`${from}/sql/${f}`, 'latin1').then((b) => Buffer.from(b, 'latin1').toString('utf8')),
  )
const names = await madeNames(parser, [...scripts.values()])
const moves = new Moves(
  [...names].map((name) => ({ class: 'relation', schema: 'public', name, target: 'moved' })),
)
console.log(names.size, 'names')
await mkdir(`${to}/sql`, { recursive: true })
for (const f of ['expected', 'data', 'parallel_schedule', 'resultmap'])
  await cp(`${from}/${f}`, `${to}/${f}`, { recursive: true })
let n = 0,
  edits = 0,
  unread = 0
const reasons = new Map<string, number>()
const began = performance.now()
for (const [f, script] of scripts) {
  const r = await rewriteScript(parser, script, moves, {
    path: ['public'],
    temporary: new Set(),
    keepsUnqualified: false, runsSql: 'all',
  })
  n += r.statements
  edits += r.mentions.filter((m) => m.kind === 'rewritten').length
  unread += r.unread.filter((u) => u.isSuspect).length
  for (const u of r.unread)
    if (u.isSuspect) {
      const k = u.reason.replace(/".*"/, '')
      reasons.set(k, (reasons.get(k) ?? 0) + 1)
      if (u.reason.includes('else')) console.log(script.slice(u.start, u.end), u.reason)
    }
  let text = r.text
  if (f === 'test_setup.sql') text = `create schema moved; grant all on schema moved to public;\n` + text
  await writeFile(`${to}/sql/${f}`, text)
}
console.log({ n, edits, unread, ms: performance.now() - began }, reasons)
