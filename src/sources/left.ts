/** Why a file is not read, in the order of the summary, with what the summary calls such files. */
export const leftReasons = {
  excluded: 'excluded by the plan or by --exclude',
  migration: 'applied migrations, whose checksums would break',
  dialect: 'SQL of other databases',
  vendored: 'code of others',
  built: 'build output that git does not track',
  hidden: 'in hidden folders that git does not track',
  link: 'links, to files that are read by their own names or lie elsewhere',
  submodule: 'submodules, which are repositories of their own',
  size: 'too large',
  binary: 'binary',
  encoding: 'not in UTF-8',
  unopened: 'cannot be opened',
  ending: 'of other endings',
} as const

export type LeftReason = keyof typeof leftReasons

/** A file that is not read, or a folder of which none is; the name of a folder ends in a slash. */
export interface LeftFile {
  readonly file: string
  readonly reason: LeftReason
}
