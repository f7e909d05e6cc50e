// Runs the tests that depend on what a server does against other versions of PostgreSQL:
// `npm run test:matrix -- [MAJOR…] [FILE…]`
import { installEmbedded } from './cluster/binaries.ts'
import { embeddedMajors } from './cluster/embedded.ts'
import { renderMatrix } from './matrix/render.ts'
import { runTests, type Tally } from './matrix/run-tests.ts'

/** The version of the machine itself is tested by `npm test`; these are the others. */
const defaultMajors = [14, 16, 17, 18]
const defaultFiles = ['tests/db', 'tests/facts', 'tests/live', 'tests/crash']

const { majors, files } = readArguments(process.argv.slice(2))
const tallies: Tally[] = []
for (const major of majors) {
  const server = await installEmbedded(major, console.error)
  console.error(`\nPostgreSQL ${server.version}: ${server.bin}`)
  tallies.push(await runTests(server, files))
}
for (const line of renderMatrix(tallies)) console.log(line)
if (!tallies.every(({ isRight }) => isRight)) process.exitCode = 1

function readArguments(args: readonly string[]): { majors: readonly number[]; files: readonly string[] } {
  const majors = args.filter((arg) => /^\d+$/.test(arg)).map(Number)
  const unknown = majors.find((major) => !embeddedMajors.includes(major))
  if (unknown !== undefined)
    throw new Error(`no PostgreSQL ${unknown} to test with; there is ${embeddedMajors.join(', ')}`)
  const files = args.filter((arg) => !/^\d+$/.test(arg))
  return {
    majors: majors.length === 0 ? defaultMajors : majors,
    files: files.length === 0 ? defaultFiles : files,
  }
}
