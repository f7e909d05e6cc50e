import type { Mapping } from '../survey/mapping.ts'
import type { QualifiedName } from '../pg/quoting.ts'

/** `public.users` */
export function oldName({ source, name }: Mapping): QualifiedName {
  return { schema: source, name }
}

/** `shared_common.users` */
export function newName({ target, name }: Mapping): QualifiedName {
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
