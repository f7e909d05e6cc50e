import { pathToFileURL } from 'node:url'
import { failing, type PlacedFinding } from '../../engine/rewrite-sources.ts'
import { findingCodes } from '../../hosts/finding.ts'
import { toolVersion } from '../../version.ts'
import type { ShownRewrite } from './rewrite.ts'

const help = 'docs/reference/rewrite.md'

/** A log of SARIF 2.1.0, as code scanning takes it. */
export function sarifOf({ files }: ShownRewrite): unknown {
  const rules = Object.entries({ 'old-name': 'an old name that can be rewritten', ...findingCodes }).map(
    ([id, text]) => ({ id, shortDescription: { text }, help: { text: `See ${help}.` } }),
  )
  const index = new Map(rules.map(({ id }, at) => [id, at]))
  const results = files.flatMap(({ file, findings }) =>
    findings
      .filter(({ kind }) => kind !== 'kept')
      .map((finding) => {
        const ruleId = codeOf(finding)
        const text = `${finding.name === '' ? 'a name' : finding.name}: ${reasonOf(finding)}`
        return {
          ruleId,
          ruleIndex: index.get(ruleId) ?? 0,
          level: failing(finding) || finding.isKnown === true ? 'error' : 'note',
          message: { text },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(file), uriBaseId: '%SRCROOT%' },
                region: { startLine: finding.line, startColumn: finding.column },
              },
            },
          ],
          ...(finding.isKnown === true
            ? { suppressions: [{ kind: 'external', justification: 'it is in the baseline' }] }
            : {}),
        }
      }),
  )
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'migrate rewrite', semanticVersion: toolVersion, rules } },
        originalUriBaseIds: { '%SRCROOT%': { uri: `${pathToFileURL('.').href}/` } },
        columnKind: 'utf16CodeUnits',
        results,
      },
    ],
  }
}

export function codeOf(finding: PlacedFinding): string {
  return finding.kind === 'undecided' ? finding.code : 'old-name'
}

export function reasonOf(finding: PlacedFinding): string {
  return finding.kind === 'rewritten' ? `an old name (${finding.confidence} confidence)` : finding.reason
}

function uriOf(file: string): string {
  return file
    .replaceAll('\\', '/')
    .replace(/^\.\//, '')
    .split('/')
    .map((part) => encodeURIComponent(part))
    .join('/')
}
