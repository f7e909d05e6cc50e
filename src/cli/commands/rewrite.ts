import { Option, type Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addRewrite(program: Command, signal: AbortSignal): void {
  program
    .command('rewrite')
    .description(
      'put new names into SQL files and the SQL in source files; shows a unified diff and what could not be decided',
    )
    .argument('<paths...>', 'files, and folders whose files are of a known language')
    .option('--mapping <file>', 'take the names from a mapping document instead of the plan’s database')
    .option('--offline', 'take the names from the plan alone; those of indexes and sequences are guessed')
    .option('--write', 'change the files instead of showing how they would change')
    .option('--check', 'show what still uses an old name, without the diff; exit 5 when something does')
    .option('--force', 'with --write: also files that git has no copy of as they are')
    .addOption(
      new Option(
        '--confidence <level>',
        'change only what is this sure to be SQL, or surer: high is what a driver is given, low are pieces without a verb',
      )
        .choices(['low', 'medium', 'high'])
        .default('medium'),
    )
    .option(
      '--search-path <schemas>',
      'where names without a schema are looked up, comma-separated',
      'public',
    )
    .option('--keep-unqualified', 'leave names without a schema to a search_path that has the new schemas')
    .option(
      '--verify <database>',
      'prepare every statement as it will be on a database of the new layout, without executing it: an alias of the plan, or the environment variable that holds its connection string',
    )
    .option(
      '--include <glob...>',
      'read files that would be left alone: applied migrations, code of others, SQL of other databases',
    )
    .option('--exclude <glob...>', 'do not read these files')
    .option('--baseline <file>', 'known findings, which do not fail --check')
    .option('--write-baseline', 'write what fails --check now into the file of --baseline, or of the plan')
    .addOption(
      new Option('--format <format>', 'how the result is told')
        .choices(['text', 'summary', 'json', 'github', 'sarif'])
        .default('text'),
    )
    .addHelpText('after', details)
    .action(lazily(signal, () => import('../work/rewrite.ts')))
}

const details = `
Examples:
  migrate rewrite src sql                       the diff, and what is to be done by hand
  migrate rewrite src sql --write               apply it; files with uncommitted changes are refused
  migrate rewrite src --check                   for CI: exit 5 while an old name is used
  migrate rewrite src --verify SHADOW_URL       have a database of the new layout prepare every statement

Languages: SQL (also scripts of psql and templates, .sql.j2, .sql.erb, .stg), mappers of MyBatis, Python, TypeScript,
JavaScript, Java, Kotlin, Go, Ruby, PHP, Rust, C#, Elixir, Perl. What is not read is counted by reason.
A comment \`migrate:ignore\` with a reason, on a line or on the one before it, leaves what stands there as it is.
More: docs/how-to/rewrite-code.md`
