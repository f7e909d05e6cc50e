import { createServer, type AddressInfo, type Socket } from 'node:net'

/** Something that takes connections and never says a word. */
export interface Silent extends AsyncDisposable {
  readonly port: number
}

export async function startSilent(): Promise<Silent> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
