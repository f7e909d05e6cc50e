/** Options that are types; AS is that of a sequence. */
const types = new Set([
  ...['basetype', 'stype', 'mstype', 'leftarg', 'rightarg', 'subtype', 'element', 'like', 'as', 'type'],
])

/** Options of CREATE AGGREGATE, OPERATOR and TYPE that are functions. */
const routines = new Set([
  ...['sfunc', 'finalfunc', 'combinefunc', 'serialfunc', 'deserialfunc', 'msfunc', 'minvfunc', 'mfinalfunc'],
  ...['function', 'procedure', 'restrict', 'join', 'canonical', 'subtype_diff', 'subscript'],
  ...['input', 'output', 'receive', 'send', 'typmod_in', 'typmod_out', 'analyze'],
])

/** What a bare word behind an option is: the grammar takes them all for types, those of TEXT SEARCH, too. */
export function optionMeaning(option: string): 'type' | 'routine' | undefined {
  if (types.has(option)) return 'type'
  return routines.has(option) ? 'routine' : undefined
}
