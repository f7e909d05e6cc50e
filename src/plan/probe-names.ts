/** The probes that come with the tool; a test compares the list with src/probes/. */
export const builtInProbes = [
  'connection',
  'content',
  'foreign-keys',
  'functions',
  'grants',
  'isolation',
  'names',
  'parity',
  'sequences',
  'traffic',
] as const
export type BuiltInProbe = (typeof builtInProbes)[number]

/** The rule under which `allow` waives what the canary saw. */
export const canaryRule = 'canary'
