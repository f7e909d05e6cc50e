/** An entry of an archive that a restore by hand has to leave out. */
export interface Omitted {
  readonly archive: string
  /** As `pg_restore --list` prints it. */
  readonly entry: string
  readonly reason: string
}

/** `class oid` of each catalog object to leave out, with the reason. */
export type Omissions = ReadonlyMap<string, string>

interface Entry {
  readonly id: string
  readonly object: string
  readonly line: string
  readonly needs: string[]
}

/**
 * Turns an archive's table of contents (`pg_restore --list --verbose`) into a list for `pg_restore --use-list`
 * without certain objects and without whatever depends on them. Objects are known by the numbers in the list:
 * the names in it are not quoted and could not be told apart.
 */
export function restoreList(
  archive: string,
  contents: string,
  omissions: Omissions,
): { list: string; omitted: Omitted[] } {
  const entries = readEntries(contents)
  const reasons = new Map<string, string>()
  for (let size = -1; size !== reasons.size;) {
    size = reasons.size
    for (const entry of entries) {
      const reason = reasonFor(entry, omissions, reasons)
      if (reason !== undefined && !reasons.has(entry.id)) reasons.set(entry.id, reason)
    }
  }
  const omitted: Omitted[] = []
  const lines = entries.map(({ id, line }) => {
    const reason = reasons.get(id)
    if (reason === undefined) return line
    const entry = line.replace(/^\d+; \d+ \d+ /, '')
    omitted.push({ archive, entry, reason })
    // A name with a line break in it must not become a line of the list.
    return `; left out (${reason}): ${entry}`.replaceAll(/[\r\n]/g, ' ')
  })
  return { list: lines.join('\n') + '\n', omitted }
}

function readEntries(contents: string): Entry[] {
  const entries: Entry[] = []
  for (const line of contents.split('\n')) {
    const [, id, catalog, oid] = /^(\d+); (\d+) (\d+) /.exec(line) ?? []
    const needs = /^;\s+depends on: ([\d ]+)/.exec(line)?.[1]
    if (id !== undefined) entries.push({ id, object: `${catalog} ${oid}`, line, needs: [] })
    else if (needs !== undefined) entries.at(-1)?.needs.push(...needs.trim().split(/\s+/))
  }
  return entries
}

function reasonFor(
  { object, needs }: Entry,
  omissions: Omissions,
  reasons: ReadonlyMap<string, string>,
): string | undefined {
  return omissions.get(object) ?? needs.map((id) => reasons.get(id)).find((reason) => reason !== undefined)
}
