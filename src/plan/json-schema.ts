import { z } from 'zod'
import type { PlanPath } from './plan.ts'
import { planSchema } from './schema.ts'

/** The part of JSON Schema that the plan's schema is made of. */
export interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema
  readonly [keyword: string]: unknown
}

/** The plan's format for editors: completion, hover texts and checks while typing. */
export function planJsonSchema(): JsonSchema {
  // Draft 7 is what yaml-language-server knows in every released version.
  const schema = z.toJSONSchema(planSchema, { io: 'input', target: 'draft-7' }) as JsonSchema
  const { $schema, ...rest } = schema
  return {
    $schema,
    title: 'Plan of pg-relocate',
    description:
      'Which tables of a live PostgreSQL database become the tables of which service, and in which order.',
    ...rest,
  }
}

/** The keys that a mapping at this path may have. */
export function knownKeys(path: PlanPath): string[] {
  const schema = path.reduce<JsonSchema | undefined>((at, segment) => member(at, segment), planJsonSchema())
  return Object.keys(schema?.properties ?? {})
}

function member(schema: JsonSchema | undefined, segment: string | number): JsonSchema | undefined {
  if (schema === undefined || typeof segment === 'number') return schema?.items
  const { properties = {}, additionalProperties } = schema
  const own = Object.hasOwn(properties, segment) ? properties[segment] : undefined
  return own ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined)
}
