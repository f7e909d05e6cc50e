// A client in a process of its own: does its work, or what breaks, once for each line it is sent.
import { createInterface } from 'node:readline'

const [name, url, plan] = process.argv.slice(2)
const { connect } = await import(`./clients/${name}.mjs`)
const resolver = plan === undefined ? undefined : await follow(plan)
const client = await connect(url, resolver)
for await (const line of createInterface({ input: process.stdin })) {
  const { act, tag } = JSON.parse(line)
  const doing = act === 'work' ? client.work(tag) : client.breaks[act]()
  const answer = await doing.then(
    (result) => ({ result }),
    (error) => ({
      error: String(error.message),
      code: error.code ?? error.original?.code ?? error.meta?.driverAdapterError?.cause?.originalCode,
    }),
  )
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
await client.close()
await resolver?.close()

/** The resolver of a plan whose journal is in the database. */
async function follow(plan) {
  const { createResolver } = await import('../../src/resolver/index.ts')
  return await createResolver({ journal: { connection: url, plan }, onProblem: () => undefined })
}
