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
