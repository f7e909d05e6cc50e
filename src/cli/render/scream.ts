import type { ScreamOutcome } from '../../engine/scream.ts'
import { renderUser } from './old-names.ts'
import { seconds } from './sentence.ts'

/** What a scream has brought to light, for people. */
export function renderScream({ ms, names, rolledBack, remarks }: ScreamOutcome): string {
  const quiet = names.filter(({ triers }) => triers.length === 0).map(({ name }) => name)
  return [
    `${names.length === 1 ? '1 old name was' : `${names.length} old names were`} without privileges for ${seconds(ms)}; all of them have been given back`,
    ...names
      .filter(({ triers }) => triers.length > 0)
      .flatMap(({ name, triers }) => [
        `${name}: tried by`,
        ...triers.map(
          (trier) =>
            `    ${renderUser(trier)} (seen ${trier.seen === 1 ? 'once' : `${trier.seen} times`}${trier.isSuperuser ? '; a superuser, not stopped' : ''})`,
        ),
      ]),
    ...(quiet.length === 0
      ? []
      : [
          `nobody was seen trying ${quiet.slice(0, 8).join(', ')}${quiet.length > 8 ? ` and ${quiet.length - 8} more` : ''}`,
        ]),
    `${rolledBack} transactions of the database were rolled back meanwhile, for whatever reason`,
    ...(remarks.length === 0
      ? []
      : ['privileges are not as they were before:', ...remarks.map((line) => `  ${line}`)]),
    'next: look for "permission denied" (SQLSTATE 42501) in the logs of applications and server: they saw more than a sample does',
  ].join('\n')
}
