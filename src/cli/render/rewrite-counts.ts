import type { PlacedFinding, RewrittenSources } from '../../engine/rewrite-sources.ts'
import { possibleCodes } from '../../hosts/finding.ts'
import { leftReasons, type LeftReason } from '../../sources/left.ts'
import { count } from './count.ts'
import type { ShownRewrite } from './rewrite.ts'

/** How much there is of everything, the most urgent first. */
export function countLines({ files, read, left, stale, written }: ShownRewrite): string[] {
  const all = files.flatMap(({ findings }) => findings)
  const open = all.filter(({ isKnown }) => isKnown !== true)
  const known = all.length - open.length
  const changed = files.filter(({ before, after }) => before !== after)
  const undecided = open.filter((each) => each.kind === 'undecided' && !possibleCodes.has(each.code))
  const perhaps = open.filter((each) => each.kind === 'undecided' && possibleCodes.has(each.code))
  const counts = [
    `${count(all.filter(({ kind }) => kind === 'rewritten').length, 'name')} in ${count(changed.length, 'file')} ${written === undefined ? 'to rewrite' : 'rewritten'}`,
    `${undecided.length} undecided`,
    `${perhaps.length} perhaps`,
    `${all.filter(({ kind }) => kind === 'kept').length} right as they are`,
    ...(known === 0 ? [] : [`${known} known`]),
  ]
  return [
    `${counts.join(', ')}; ${count(read.length, 'file')} read`,
    ...byCode(undecided, 'undecided'),
    ...byCode(perhaps, 'perhaps'),
    ...leftLines(left),
    ...(stale.length === 0
      ? []
      : [
          `${count(stale.length, 'entry', 'entries')} of the baseline ${stale.length === 1 ? 'is' : 'are'} stale`,
        ]),
  ]
}

function byCode(findings: readonly PlacedFinding[], what: string): string[] {
  const counts = new Map<string, number>()
  for (const finding of findings)
    if (finding.kind === 'undecided') counts.set(finding.code, (counts.get(finding.code) ?? 0) + 1)
  if (counts.size === 0) return []
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
  return [`  ${what}: ${sorted.map(([code, number]) => `${number} ${code}`).join(', ')}`]
}

/** What was not read, by reason: nothing is passed over in silence. */
export function leftLines(left: RewrittenSources['left']): string[] {
  return (Object.keys(leftReasons) as LeftReason[]).flatMap((reason) => {
    const own = left.filter((each) => each.reason === reason)
    if (own.length === 0) return []
    const naming = own.filter(({ isNaming }) => isNaming === true).length
    const folders = own.filter(({ file }) => file.endsWith('/')).length
    const what = [
      ...(own.length > folders ? [count(own.length - folders, 'file')] : []),
      ...(folders > 0 ? [count(folders, 'folder')] : []),
    ].join(' and ')
    const shown = reason === 'ending' ? endings(own) : some(own)
    const named =
      naming === 0 ? '' : `; ${naming} of them ${naming === 1 ? 'names' : 'name'} something that moves`
    return [`  not read: ${what} ${leftReasons[reason]} (${shown})${named}`]
  })
}

function some(own: readonly { readonly file: string }[]): string {
  const names = own.slice(0, 3).map(({ file }) => file)
  return own.length > 3 ? `${names.join(', ')}, …` : names.join(', ')
}

function endings(own: readonly { readonly file: string }[]): string {
  const counts = new Map<string, number>()
  for (const { file } of own) {
    const ending = /[^/]\.\w+$/.test(file) ? /\.\w+$/.exec(file)![0] : 'none'
    counts.set(ending, (counts.get(ending) ?? 0) + 1)
  }
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
  const shown = sorted.slice(0, 6).map(([ending, number]) => `${number} ${ending}`)
  return sorted.length > 6 ? `${shown.join(', ')}, …` : shown.join(', ')
}
