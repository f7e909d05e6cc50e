import { closest, distance } from 'fastest-levenshtein'

/** ` (did you mean "users"?)` when a candidate is near enough to be a typing slip, otherwise nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return ''
  const nearest = closest(word, candidates)
  const slips = Math.max(1, Math.floor(word.length / 2.5))
  return distance(word, nearest) <= slips ? ` (did you mean "${nearest}"?)` : ''
}
