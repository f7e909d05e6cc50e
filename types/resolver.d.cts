/** For CommonJS: `require('pg-relocate/resolver')` gets the ES module itself, which Node does since 20.19. */
export type * from '../dist/resolver/index.js' with { 'resolution-mode': 'import' }

type Resolvers = typeof import('../dist/resolver/index.js', { with: { 'resolution-mode': 'import' } })

export declare const createResolver: Resolvers['createResolver']
export declare const parseSnapshot: Resolvers['parseSnapshot']
export declare const ResolverError: Resolvers['ResolverError']
