import { dollarQuoted, literal } from '../pg/quoting.ts'

/**
 * A command about routines that are known by OID; the first `%s` in it is the routine. The server puts the name in when the
 * command runs: the names of argument types may have changed since it was compiled.
 */
export function eachRoutine(oids: readonly number[], command: string): string {
  const at = command.indexOf('%s')
  const [before, after] = [literal(command.slice(0, at)), literal(command.slice(at + 2))]
  const body = `
declare r regprocedure;
begin
  foreach r in array array[${oids.join(', ')}]::regprocedure[] loop
    execute ${before} || r::text || ${after};
  end loop;
end
`
  return `do ${dollarQuoted(body)}`
}
