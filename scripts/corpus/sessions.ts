import { Client } from 'pg'

/** A session that gets every value as the server prints it. */
export async function openClient(
  url: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name: 'corpus',
    types: { getTypeParser: () => (text: string) => text },
  })
  client.on('error', () => undefined)
  await client.connect()
  // A statement that waits for ever is a difference too; it ends with 57014.
  for (const [name, value] of Object.entries({ statement_timeout: '60s', ...settings })) {
    await client.query('select set_config($1, $2, false)', [name, value])
  }
  return client
}

/** A session in the state in which the checksums were made. */
export async function openMeasuring(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: 'corpus' })
  client.on('error', () => undefined)
  await client.connect()
  await client.query(`set timezone = 'UTC'; set datestyle = 'ISO'; set search_path = ''`)
  return client
}
