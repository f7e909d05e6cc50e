import type { QualifiedName } from '../pg/quoting.ts'

interface Moved {
  readonly name: string
  readonly source: string
  readonly target: string
}

/** `public.users` */
export function oldName({ source, name }: Moved): QualifiedName {
  return { schema: source, name }
}

/** `shared_common.users` */
export function newName({ target, name }: Moved): QualifiedName {
  return { schema: target, name }
}

/** The step that makes a service's schema. */
export function schemaStep(schema: string): string {
  return `schema ${schema}`
}

/** The step that makes a table's facade. */
export function expandStep(target: string, name: string): string {
  return `facade ${target}.${name}`
}
