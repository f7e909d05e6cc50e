import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cluster } from '../cluster/cluster.ts'
import { CommandError, CommandLine } from './command-line.ts'
import { compareDumps, dumpSchema } from './dump.ts'
import { workloadOn, type Corpus } from './folder.ts'
import { Moving } from './moving.ts'
import { groupBySchema, planName, writePlan, type Waiver } from './plan-file.ts'
import type { Difference, Report } from './report.ts'

/** Moves a database into its services, back, and forward again to the end, and compares at every stage. */
export async function moveCorpus(
  cluster: Cluster,
  recorded: Corpus,
  tell: (stage: string) => void,
): Promise<Report> {
  const started = Date.now()
  const corpus = { ...recorded, workload: workloadOn(cluster.major, recorded.workload) }
  const schemas = groupBySchema(corpus.mapping)
  let waived: Waiver[] = []
  let moving: Moving | undefined
  let stage = 'loading'
  const enter = (next: string): void => {
    stage = next
    tell(`${corpus.name}: ${next}`)
  }
  const failures: (Difference & { phase: string })[] = []
  try {
    enter('loading')
    const url = await cluster.createDatabase('corpus')
    for (const file of corpus.files) await cluster.load('corpus', file)
    moving = await Moving.begin(url, corpus)
    const before = await dumpSchema(cluster.binaries, url)
    const folder = join(cluster.dir, 'corpus')
    await mkdir(folder)
    const plan = join(folder, 'plan.yaml')
    const migrate = new CommandLine(folder, plan, url)

    enter('plan')
    const agreed = await agreeOnPlan(migrate, (allow) =>
      writePlan(plan, corpus.mapping, { allow, isBackedUp: cluster.binaries.canDump }),
    )
    waived = agreed.allow
    const { phases, unstable } = await readPhases(migrate, agreed.json)
    moving.note(stage, unstable)

    const moved = new Set<string>()
    const stand = { moved, hasBothNames: true }
    for (const { number, name, kind, services } of phases) {
      if (kind === 'contract') continue
      enter(`after phase ${number} (${name})`)
      await migrate.execute('--phase', String(number))
      if (kind === 'switch') for (const each of services) moved.add(schemaOf(each, schemas))
      await moving.look(stage, stand)
    }
    enter('verify')
    await migrate.run('verify', '--for', '100ms')

    enter('after rollback --to 0')
    await migrate.run('rollback', '--to', '0', '--yes')
    await moving.look(stage, { moved: new Set(), hasBothNames: false })
    enter('after uninstall')
    await migrate.run('uninstall', '--confirm', planName)
    moving.note(stage, compareDumps(before, await dumpSchema(cluster.binaries, url)))

    const last = phases.filter(({ kind }) => kind === 'switch').at(-1)!
    enter(`forward again to phase ${last.number}`)
    await migrate.execute('--to', String(last.number))
    await migrate.run('verify', '--for', '100ms')
    await moving.look(stage, stand)

    enter('after contract, by the new names')
    await migrate.execute('--phase', String(phases.at(-1)!.number))
    await moving.lookByNewNames(stage, { moved, hasBothNames: false })
    await migrate.run('verify', '--for', '100ms')
  } catch (error) {
    failures.push({ phase: stage, ...asDifference(error as Error) })
  } finally {
    await moving?.[Symbol.asyncDispose]()
  }
  return {
    name: corpus.name,
    tables: corpus.mapping.size,
    services: schemas.size,
    steps: moving?.steps ?? 0,
    checksums: moving?.checksums ?? 0,
    seconds: (Date.now() - started) / 1000,
    waived: waived.map(({ rule, on }) => `${rule} on ${on}`),
    differences: [...(moving?.differences ?? []), ...failures],
  }
}

/** Writes the plan; what it is refused for and may be waived is waived, for this is a throwaway copy. */
async function agreeOnPlan(
  migrate: CommandLine,
  write: (allow: readonly Waiver[]) => Promise<void>,
): Promise<{ allow: Waiver[]; json?: string }> {
  await write([])
  const { code, stdout } = await migrate.ask('plan', '--json')
  if (code !== 0 && code !== REFUSED) return { allow: [] }
  const { findings = [] } = JSON.parse(stdout) as { findings?: Finding[] }
  const waivers = findings.flatMap(({ severity, waivable, rule, on }) =>
    severity === 'error' && waivable ? [{ rule, on }] : [],
  )
  const allow = [...new Map(waivers.map((each) => [`${each.rule} on ${each.on}`, each])).values()]
  if (allow.length === 0) return { allow, ...(code === 0 ? { json: stdout } : {}) }
  await write(allow)
  return { allow }
}

/** The phases, and whether what tells of them is the same each time. */
async function readPhases(
  migrate: CommandLine,
  known: string | undefined,
): Promise<{ phases: Phase[]; unstable: Difference[] }> {
  await migrate.run('plan')
  const first = known ?? (await migrate.run('plan', '--json'))
  const second = await migrate.run('plan', '--json')
  const unstable =
    first === second ? [] : [{ step: 'migrate plan --json', expected: 'the same bytes twice', got: 'others' }]
  return { phases: (JSON.parse(first) as { phases: Phase[] }).phases, unstable }
}

/** A service is named as its schema, or by its place when a service cannot have that name. */
function schemaOf(service: string, schemas: ReadonlyMap<string, unknown>): string {
  const names = [...schemas.keys()]
  return schemas.has(service) ? service : names[Number(service.replace('service_', '')) - 1]!
}

function asDifference(error: Error): Difference {
  if (!(error instanceof CommandError)) return { step: 'doing it', expected: 'success', got: error.message }
  const { command, answer, output } = error
  return { step: command, expected: 'success', got: `exit code ${answer.code}: ${output}` }
}

interface Phase {
  readonly number: number
  readonly name: string
  readonly kind: 'expand' | 'switch' | 'contract'
  readonly services: readonly string[]
}

interface Finding {
  readonly rule: string
  readonly severity: string
  readonly on: string
  readonly waivable: boolean
}

/** The exit code of a plan with findings that speak against its first phase. */
const REFUSED = 4
