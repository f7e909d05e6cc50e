#!/usr/bin/env node
// The installed package runs the compiled files. A checkout that was installed with --ignore-scripts has
// none yet, so it falls back to the sources through tsx, which is a development dependency.
import { existsSync } from 'node:fs'

const compiled = new URL('../dist/cli/main.js', import.meta.url)
if (existsSync(compiled)) {
  await import(compiled.href)
} else {
  const { register } = await import('tsx/esm/api')
  register()
  await import(new URL('../src/cli/main.ts', import.meta.url).href)
}
