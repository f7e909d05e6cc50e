import { connect, createServer, type Server, type AddressInfo, type Socket } from 'node:net'

/** Something that takes connections and never says a word. */
export interface Silent extends AsyncDisposable {
  readonly port: number
}

/** A server behind it that falls silent once it was asked for the first statement and has answered. */
export async function startFading(host: string, port: number): Promise<Silent> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    let hasFaded = false
    const behind = connect(port, host)
    client.on('data', (data) => {
      if (hasFaded) return
      hasFaded = data.includes('select 1')
      behind.write(data)
    })
    behind.on('data', (data) => client.write(data))
    for (const socket of [client, behind]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return closing(server, sockets)
}

export async function startSilent(): Promise<Silent> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return closing(server, sockets)
}

function closing(server: Server, sockets: ReadonlySet<Socket>): Silent {
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
