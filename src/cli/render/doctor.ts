import chalk from 'chalk'
import type { Diagnosis } from '../../engine/doctor.ts'
import { isBlocking, type Finding } from '../../survey/finding.ts'
import { table } from './table.ts'

/** A diagnosis for people: what blocks first, then what someone should know, then what is for the record. */
export function renderDiagnosis({ database, facts, tables, findings }: Diagnosis): string {
  const groups = [
    { title: chalk.red('speaks against it'), of: findings.filter(isBlocking) },
    {
      title: chalk.yellow('to be known before'),
      of: findings.filter((it) => it.severity === 'warning' && it.waived === undefined),
    },
    { title: 'waived', of: findings.filter(({ waived }) => waived !== undefined) },
    {
      title: 'for the record',
      of: findings.filter((it) => it.severity === 'info' && it.waived === undefined),
    },
  ]
  return [
    `${chalk.bold(database)}, ${tables === 1 ? '1 table' : `${tables} tables`}`,
    table(facts.map(({ name, value }) => [name, value])),
    ...groups.flatMap(({ title, of }) =>
      of.length === 0 ? [] : ['', `${title} (${of.length}):`, ...of.flatMap(lines)],
    ),
    ...(findings.length === 0 ? ['', 'nothing was found'] : []),
  ].join('\n')
}

function lines({ rule, code, on, text, evidence, remedy, waived }: Finding): string[] {
  return [
    `  ${code === undefined ? '' : `${code} `}${chalk.bold(rule)} ${on}: ${text}`,
    ...(evidence ?? []).map((line) => chalk.dim(`      ${line}`)),
    ...(waived === undefined ? [] : [`      waived: ${waived}`]),
    ...(remedy === undefined || waived !== undefined ? [] : [`      → ${remedy}`]),
  ]
}
