/** `OrderItem` → `order_item`, as ORMs do it. */
export function snakeOf(name: string): string {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
}

const irregular: Readonly<Partial<Record<string, string>>> = {
  person: 'people',
  man: 'men',
  woman: 'women',
  child: 'children',
  mouse: 'mice',
  goose: 'geese',
  foot: 'feet',
  tooth: 'teeth',
  datum: 'data',
  medium: 'media',
  matrix: 'matrices',
  vertex: 'vertices',
  index: 'indices',
  status: 'statuses',
  quiz: 'quizzes',
}
const same = /(?:^|_)(?:equipment|information|rice|money|species|series|fish|sheep|news|metadata|data)$/

/** The plural of a word’s last part, as Rails, Eloquent, GORM and Sequelize make it. */
export function pluralOf(name: string): string {
  if (same.test(name)) return name
  const last = /[A-Za-z]+$/.exec(name)?.[0] ?? ''
  const known = irregular[last.toLowerCase()]
  if (known !== undefined) return name.slice(0, name.length - last.length) + known
  if (/(?:[^aeiou]|qu)y$/i.test(name)) return `${name.slice(0, -1)}ies`
  if (/(?:s|x|z|ch|sh)$/i.test(name)) return `${name}es`
  if (/[^aeiou]o$/i.test(name) && /(?:hero|potato|tomato|echo|buffalo|veto|cargo)$/i.test(name))
    return `${name}es`
  if (/(?:[^f]fe|[lr]f)$/i.test(name)) return name.replace(/fe?$/i, 'ves')
  return `${name}s`
}
