import type { Finding } from './finding.ts'

/** A comment that says, for its line or as a line of its own for the next one, that a person has decided. */
const mark =
  /(?:#|\/\/|--|\/\*|<!--|\{#|<%#|%)[^\n]*?\bmigrate:[ \t]?(?<word>reviewed|ignore)\b(?<reason>[^\n]*)/g
const closing = /\s*(?:\*\/|-->|#\}|-?%>).*$/
const commentLine = /^[ \t]*(?:#|\/\/|--|\/?\*|<!--|\{#|<%#)/

interface Mark {
  readonly start: number
  readonly end: number
  readonly isIgnore: boolean
  readonly reason: string
}

/** The lines of a file that a person has decided on. */
export class Ignored {
  readonly #marks: readonly Mark[]
  readonly #text: string

  constructor(text: string) {
    this.#text = text
    this.#marks = [...text.matchAll(mark)].map(({ 0: written, index, groups = {} }) => {
      const { word, reason = '' } = groups
      const said = reason.replace(closing, '').replace(/^[\s:,–-]+/, '')
      return { start: index, end: index + written.length, isIgnore: word === 'ignore', reason: said.trim() }
    })
  }

  /** Shall what stands there be left as it is? */
  isIgnored(place: number): boolean {
    return this.#reasonAt(place) !== undefined
  }

  /** The finding, or that a person has decided. */
  settle(finding: Finding): Finding {
    const { name, start, end } = finding
    const reason = this.#reasonAt(start)
    if (reason !== undefined) return { kind: 'kept', name, start, end, reason: `ignored: ${reason}` }
    const isReviewed = finding.kind === 'undecided' && this.#marksAt(start).some(({ isIgnore }) => !isIgnore)
    return isReviewed ? { kind: 'kept', name, start, end, reason: 'reviewed' } : finding
  }

  /** An ignore that does not say why ignores nothing. */
  withoutReason(): Finding[] {
    return this.#marks
      .filter(({ isIgnore, reason }) => isIgnore && reason === '')
      .map(({ start, end }) => ({
        kind: 'undecided',
        code: 'ignore-without-reason',
        name: '',
        start,
        end,
        reason: 'say why behind migrate:ignore',
      }))
  }

  #reasonAt(place: number): string | undefined {
    return this.#marksAt(place).find(({ isIgnore, reason }) => isIgnore && reason !== '')?.reason
  }

  #marksAt(place: number): Mark[] {
    if (this.#marks.length === 0) return []
    const text = this.#text
    const start = text.lastIndexOf('\n', place - 1) + 1
    const next = text.indexOf('\n', place)
    const end = next < 0 ? text.length : next
    const above = start === 0 ? start : text.lastIndexOf('\n', start - 2) + 1
    const isAbove = commentLine.test(text.slice(above, start))
    return this.#marks.filter((each) => each.start < end && each.start >= (isAbove ? above : start))
  }
}
