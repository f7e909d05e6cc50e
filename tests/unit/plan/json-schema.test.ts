import { expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { type JsonSchema, knownKeys, planJsonSchema } from '../../../src/plan/json-schema.ts'

test('the committed schema is the one of the code', async () => {
  const committed = await readFile(new URL('../../../plans/plan.schema.json', import.meta.url), 'utf8')
  expect(JSON.parse(committed)).toEqual(planJsonSchema())
})

test('every value has a text for editors', () => {
  const bare: string[] = []
  const visit = (schema: JsonSchema, path: string): void => {
    for (const [key, inner] of Object.entries(schema.properties ?? {})) {
      if (typeof inner['description'] !== 'string') bare.push(`${path}.${key}`)
      visit(inner, `${path}.${key}`)
    }
    if (typeof schema.additionalProperties === 'object') visit(schema.additionalProperties, `${path}.*`)
    if (schema.items) visit(schema.items, `${path}[]`)
  }
  visit(planJsonSchema(), 'plan')
  expect(bare).toEqual([])
})

test('keys are known at every depth', () => {
  expect(knownKeys([])).toContain('services')
  expect(knownKeys(['services', 'any'])).toEqual([
    ...['from', 'to', 'schema', 'tables', 'views', 'functions', 'types', 'compat', 'roles'],
    ...['url', 'searchPath', 'isolated'],
  ])
  expect(knownKeys(['allow', 3])).toEqual(['rule', 'on', 'because'])
  expect(knownKeys(['name', 'x', 0])).toEqual([])
})

test('defaults need not be written', () => {
  expect(planJsonSchema()['required']).toEqual(['version', 'name', 'databases', 'services'])
})
