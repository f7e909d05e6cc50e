import type { Client } from 'pg'
import { heal7Counters, heal7SchemaOf } from '../heal7/tables.ts'
import { type BuiltRows, compareBuiltRows, compareRowCounts, type Locate } from '../heal7/rows.ts'
import { checkLedger, type CounterBase } from '../load/check-ledger.ts'
import { spell } from '../load/names.ts'
import type { CommandLine } from './command-line.ts'
import { homesInWords, oldNamesLeft } from './homes.ts'
import { askForPhases, type Phase } from './phases.ts'
import { say, section, wait } from './screen.ts'
import type { Findings } from './summary.ts'
import { count } from './table.ts'
import { labels, type Traffic } from './traffic.ts'

/** What the story is told with. */
export interface Stage {
  migrate: CommandLine
  /** A superuser's own connection, to look and to count. */
  client: Client
  traffic: Traffic
  built: readonly BuiltRows[]
  base: CounterBase
  signal: AbortSignal
}

export const oldName: Locate = spell('public', {})
export const newName: Locate = spell('schema', heal7SchemaOf)

/** The counters whose values have to be known before traffic begins. */
export const counters = Object.values(heal7Counters)

/** The whole move, there and back and there again, under traffic. Gives what was found on the way. */
export async function tellStory(stage: Stage): Promise<Findings> {
  const { migrate, traffic, client } = stage
  const rows: Findings['rows'] = []
  const watch = (ms: number): Promise<void> => wait(ms, 'traffic goes on', stage.signal)
  const compare = async (when: string, locate: Locate): Promise<void> => {
    rows.push({ when, differences: await compareBuiltRows(client, stage.built, locate) })
  }
  const execute = async (label: string, phase: Phase): Promise<void> => {
    await traffic.during(label, () => migrate.run('execute', '--phase', String(phase.number), '--yes'))
  }

  section('Traffic by the old names, and the plan')
  await traffic.startOld()
  say('two processes with three connections each say users and public.users')
  await watch(5_000)
  await traffic.during(labels.looking, () => migrate.run('plan'))
  const { expand, switches, lastSwitch, contract } = await askForPhases(migrate)

  section(`Phase ${expand.number}: ${expand.name}`)
  await execute(labels.expand, expand)
  await traffic.startNew()
  say('new applications have started: three connections that say shared_common.users')
  await watch(5_000)

  for (const phase of switches) {
    section(`Phase ${phase.number}: ${phase.name}`)
    await execute(labels.switch, phase)
    say(await homesInWords(client))
    await watch(1_500)
  }

  section('Where we stand')
  await traffic.during(labels.looking, async () => {
    await migrate.run('status')
    await migrate.run('verify')
    await compare('after the switches, by the old names', oldName)
    await compare('after the switches, by the new names', newName)
  })

  section(`Phase ${lastSwitch.number} back, and forward again`)
  await traffic.during(labels.back, () =>
    migrate.run('rollback', '--phase', String(lastSwitch.number), '--yes'),
  )
  say(await homesInWords(client))
  await watch(1_500)
  await compare(`after phase ${lastSwitch.number} was rolled back, by the old names`, oldName)
  await execute(labels.switch, lastSwitch)
  say(await homesInWords(client))
  await watch(1_500)

  section(`The old applications are gone; phase ${contract.number}: ${contract.name}`)
  await traffic.stop('old')
  await traffic.during(labels.contract, () =>
    migrate.run('execute', '--phase', String(contract.number), '--yes', '--confirm', 'heal7'),
  )
  await watch(2_500)
  await traffic.stop('new')

  section('What came of it')
  say('traffic has ended; counting every row, and looking up every acknowledged write')
  await compare('at the end, by the new names', newName)
  const ledger = await checkLedger(client, traffic.ledger, newName, stage.base)
  const counted = await compareRowCounts(client, stage.built, traffic.ledger, newName)
  say(`${count(counted.rows)} rows in ${stage.built.length} tables; ${await homesInWords(client)}`)
  rows.push({ when: 'every row accounted for by the ledger', differences: counted.differences })
  return {
    old: await traffic.report('old'),
    new: await traffic.report('new'),
    both: await traffic.reportAll(),
    ledger,
    rows,
    oldNamesLeft: await oldNamesLeft(client),
    builtRows: stage.built.reduce((sum, each) => sum + each.count, 0),
  }
}
