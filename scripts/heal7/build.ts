import { readdir, readFile } from 'node:fs/promises'
import { Client } from 'pg'

/**
 * Builds HEAL7's legacy database: seven services' tables mixed in `public`, some 375,000 rows in about five
 * seconds. The same rows every time, so that checksums of two builds can be compared. Needs a superuser.
 */
export async function buildHeal7(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    // Bare names in the files mean public, and dates print the same wherever the server runs.
    await client.query(`set search_path = public; set timezone = 'UTC'; set client_min_messages = warning`)
    for (const name of (await readdir(FILES)).toSorted()) {
      await client.query(await readFile(new URL(name, FILES), 'utf8'))
      // All but the roles belongs to one owner who cannot log in, as it should.
      await client.query('set role heal7_owner')
    }
    await client.query('reset role')
    await client.query('analyze')
  } finally {
    await client.end()
  }
}

const FILES = new URL('./sql/', import.meta.url)
