import type { OldNameChoice } from '../usage/old-names.ts'

/** Options of the commands that are about old names. */
export interface NameOptions extends TableOptions {
  readonly for: string
}

/** Options that say which tables are meant. */
export interface TableOptions {
  readonly service?: string
  readonly table?: string
}

export function chosenNames({ service, table }: TableOptions): OldNameChoice {
  return {
    ...(service === undefined ? {} : { services: list(service) }),
    ...(table === undefined ? {} : { tables: list(table) }),
  }
}

function list(text: string): string[] {
  return text.split(',').map((name) => name.trim())
}
