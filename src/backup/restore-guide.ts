/** How to get the tables back by hand, without this tool: written into every manifest. */
export interface RestoreGuide {
  /** Shell commands, to be run in the backup's folder, in this order. */
  readonly commands: string[]
  readonly notes: string[]
}

export function restoreGuide(jobs: number, isEncrypted: boolean): RestoreGuide {
  const restore = 'pg_restore --exit-on-error --dbname="$TARGET"'
  return {
    commands: [
      `${restore} --section=pre-data --use-list=schema.list schema.dump`,
      `${restore} --section=data --jobs=${jobs} data`,
      `${restore} --section=post-data --use-list=data.list data`,
    ],
    notes: [
      ...(isEncrypted
        ? ['the files are encrypted: `migrate backup decrypt` writes them out for these commands']
        : []),
      'TARGET is the connection string of an empty database; createdb --template=template0 makes one',
      'pg_restore must be of the version under pgDumpVersion or newer',
      'the roles that own the objects or have rights on them must exist; otherwise add --no-owner --no-acl to each command',
      'the first command makes every schema, type, function, view and empty table of the database; the second ' +
        'fills the tables of this backup and sets their sequences; the third makes their indexes, constraints and triggers',
      'what the commands leave out, and why, is under omitted',
    ],
  }
}
