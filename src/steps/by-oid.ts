import { dollarQuoted, literal } from '../pg/quoting.ts'

/**
 * A command about routines that are known by OID; `%s` in it is the routine. The server puts the name in when the
 * command runs: the names of argument types may have changed since it was compiled.
 */
export function eachRoutine(oids: readonly number[], command: string): string {
  const format = literal(command.replaceAll(/%(?!s\b)/g, '%%'))
  const body = `
declare r regprocedure;
begin
  foreach r in array array[${oids.join(', ')}]::regprocedure[] loop
    execute format(${format}, r);
  end loop;
end
`
  return `do ${dollarQuoted(body)}`
}
