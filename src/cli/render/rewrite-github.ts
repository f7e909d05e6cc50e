import { failing } from '../../engine/rewrite-sources.ts'
import { countLines } from './rewrite-counts.ts'
import { codeOf, reasonOf } from './rewrite-sarif.ts'
import type { ShownRewrite } from './rewrite.ts'

/** Commands of a workflow of GitHub, which shows them beside the lines; then the counts. */
export function githubLines(shown: ShownRewrite): string {
  const lines = shown.files.flatMap(({ file, findings }) =>
    findings
      .filter(({ kind, isKnown }) => kind !== 'kept' && isKnown !== true)
      .map((finding) => {
        const properties = {
          file: file.replaceAll('\\', '/').replace(/^\.\//, ''),
          line: finding.line,
          col: finding.column,
          title: `migrate rewrite: ${codeOf(finding)}`,
        }
        const written = Object.entries(properties).map(([key, value]) => `${key}=${property(String(value))}`)
        const name = finding.name === '' ? '' : `${finding.name}: `
        return `::${failing(finding) ? 'error' : 'notice'} ${written.join(',')}::${message(`${name}${reasonOf(finding)}`)}`
      }),
  )
  return [...lines, ...countLines(shown)].join('\n')
}

function message(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return message(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
