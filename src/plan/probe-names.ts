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

/** The rule under which `allow` lets an old name go whose uses nothing counts. */
export const uncountedRule = 'uses-not-counted'
