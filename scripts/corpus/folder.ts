import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'

const run = promisify(execFile)

/** A database to move, with what is known of it: how to load it, where its tables shall go, what must not change. */
export interface Corpus {
  readonly name: string
  /** Files for psql, in the order in which they are loaded. */
  readonly files: readonly string[]
  /** Table of schema public → schema of its service. */
  readonly mapping: ReadonlyMap<string, string>
  /** `schema.table` → number of rows and checksum of its content. */
  readonly rows: ReadonlyMap<string, RowsExpectation>
  readonly workload: readonly Group[]
}

export interface RowsExpectation {
  readonly count: number
  readonly checksum: string | null
}

/** Statements that run after each other in a transaction of their own, which is rolled back. */
export type Group = z.infer<typeof groupSchema>
export type Step = Group['steps'][number]

/** A folder that is not of the shape; the message is for the one who named it. */
export class FolderError extends Error {}

/** @throws FolderError */
export async function readCorpus(dir: string): Promise<Corpus> {
  const folder = resolve(dir)
  const names = await readdir(folder).catch((error: unknown) => {
    throw new FolderError(`cannot read ${dir}: ${(error as Error).message}`)
  })
  const files = names.filter((name) => /^\d+-.*\.sql(\.xz)?$/s.test(name)).sort(byNumber)
  if (files.length === 0) throw new FolderError(`${dir}: there is no NN-*.sql or NN-*.sql.xz to load`)
  const mapping = await parse(folder, names, 'mapping.json', mappingSchema)
  const rows = await parse(folder, names, 'rows.json', rowsSchema)
  return {
    name: basename(folder),
    files: files.map((name) => join(folder, name)),
    mapping: new Map(Object.entries(mapping)),
    rows: new Map(
      Object.entries(rows).flatMap(([table, expected]) =>
        expected === null ? [] : [[table, { count: expected[0], checksum: expected[1] }] as const],
      ),
    ),
    workload: await readWorkload(folder, names),
  }
}

/** The workload with what comes of each step on a server of this major version. */
export function workloadOn(major: number, workload: readonly Group[]): Group[] {
  const onServer = ({ since = {}, ...step }: Step): Step => {
    const newest = Math.max(
      ...Object.keys(since)
        .map(Number)
        .filter((first) => first <= major),
    )
    return Number.isFinite(newest) ? { sql: step.sql, ...since[newest] } : step
  }
  return workload.map((group) => ({ ...group, steps: group.steps.map(onServer) }))
}

async function readWorkload(folder: string, names: readonly string[]): Promise<Group[]> {
  const { name, text } = await readText(folder, names, 'workload.jsonl')
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    return [validate(groupSchema, `${join(folder, name)}:${index + 1}`, line)]
  })
}

async function parse<Schema extends z.ZodType>(
  folder: string,
  names: readonly string[],
  wanted: string,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const { name, text } = await readText(folder, names, wanted)
  return validate(schema, join(folder, name), text)
}

function validate<Schema extends z.ZodType>(schema: Schema, where: string, text: string): z.infer<Schema> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new FolderError(`${where}: ${(error as Error).message}`)
  }
  const { error, data } = schema.safeParse(value)
  if (error) throw new FolderError(`${where}: ${z.prettifyError(error)}`)
  return data
}

/** Reads a file of the folder, packed or not. */
async function readText(
  folder: string,
  names: readonly string[],
  wanted: string,
): Promise<{ name: string; text: string }> {
  if (names.includes(wanted)) return { name: wanted, text: await readFile(join(folder, wanted), 'utf8') }
  const name = `${wanted}.xz`
  if (!names.includes(name)) throw new FolderError(`${folder}: there is no ${wanted}`)
  const { stdout } = await run('xz', ['-dc', join(folder, name)], { maxBuffer: MAX_UNPACKED }).catch(
    (error: unknown) => {
      throw new FolderError(`${join(folder, name)}: ${(error as Error).message}`)
    },
  )
  return { name, text: stdout }
}

function byNumber(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1)
}

const mappingSchema = z
  .record(z.string(), z.string().min(1))
  .refine((mapping) => Object.keys(mapping).length > 0, { error: 'maps no table' })
const rowsSchema = z.record(z.string(), z.tuple([z.number(), z.string().nullable()]).nullable())
const outcomeSchema = z.object({
  rows: z.number().nullish(),
  // Any JSON; that it is there at all says that it is to be compared, also when it is null.
  value: z.unknown().optional(),
  error: z.string().nullish(),
})
const groupSchema = z.object({
  table: z.string().optional(),
  steps: z.array(
    outcomeSchema.extend({
      sql: z.string(),
      // What comes of it on servers of this major version and newer ones instead.
      since: z.record(z.string().regex(/^\d+$/), outcomeSchema).optional(),
    }),
  ),
})
const MAX_UNPACKED = 1 << 29
