// The package describes its own interface, but not the module beneath it.
declare module 'libpg-query/wasm/libpg-query.js' {
  export default function createModule(): Promise<unknown>
}
