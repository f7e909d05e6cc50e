import { plainRewrite } from '../../src/plan/plain-rewrite.ts'
import { EventStream } from '../../src/events/stream.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rewriteSources } from '../../src/engine/rewrite-sources.ts'
import { Moves } from '../../src/rewrite/moves.ts'
import { moving } from './texts.ts'

/** A service's module: mostly code, with statements here and there, as people write them. */
const python = (n: number): string => `
class Repository${n}:
    """Reads and writes what belongs to part ${n}."""

    def __init__(self, connection, clock):
        self._connection = connection
        self._clock = clock
        self._limit = ${n} * 10

    def find(self, key, *, states=("open", "closed")):
        """Finds one row, or none."""
        if not key:
            raise ValueError("a key is needed")
        with self._connection.cursor() as cursor:
            cursor.execute(
                """
                select t.id, t.name, count(o.id) as orders
                  from table_${n % 200} t
                  left join public.table_${(n + 1) % 200} o on o.owner_id = t.id
                 where t.key = %(key)s and t.state = any(%(states)s)
                 group by t.id, t.name
                """,
                {"key": key, "states": list(states)},
            )
            row = cursor.fetchone()
        return None if row is None else {"id": row[0], "name": row[1], "orders": row[2]}

    def touch(self, keys):
        changed = 0
        for key in sorted(set(keys)):
            now = self._clock.now().isoformat(timespec="seconds")
            self._connection.execute(f"update table_${(n + 2) % 200} set seen_at = %s where key = %s", (now, key))
            changed += 1
        self._log.info("touched %d of %d rows", changed, len(keys))
        return changed
`

/** MB of source files each second, with reading them and deciding every name. */
export async function codemod(megabytes: number): Promise<{ megabytes: number; names: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'migrate-bench-'))
  try {
    const size = 50_000
    const files = Math.max(1, Math.round((megabytes * 1e6) / size))
    let bytes = 0
    for (let file = 0; file < files; file++) {
      let text = ''
      for (let n = 0; text.length < size; n++) text += python(file * 40 + n)
      bytes += text.length
      await writeFile(join(folder, `module_${file}.py`), text)
    }
    const names = moving.map((name) => ({
      ...{ class: 'relation' as const, schema: 'public', name, target: 'app', service: 'app', of: name },
    }))
    const request = {
      ...{ paths: [folder], least: 'medium' as const, searchPath: ['public'] },
      ...{ keepsUnqualified: false, hasStatements: false, settings: plainRewrite },
    }
    const began = performance.now()
    const moved = { moves: new Moves(names), names, isGuessed: false }
    const done = await rewriteSources(moved, request, new EventStream(), new AbortController().signal)
    const seconds = (performance.now() - began) / 1_000
    const rewritten = done.files
      .flatMap(({ findings }) => findings)
      .filter(({ kind }) => kind === 'rewritten')
    return { megabytes: bytes / 1e6 / seconds, names: rewritten.length }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
