/**
 * A text without the passwords that stand in it as they do in connection strings and in SQL. What the tool says of
 * connections has none; this is for what others wrote: statements of clients, words of a server, arguments.
 */
export function withoutSecrets(text: string): string {
  return text
    .replaceAll(inAddress, '$1…@')
    .replaceAll(asParameter, (_found, key: string) => `${key}…`)
    .replaceAll(inSql, (_found, key: string) => `${key}'…'`)
}

/** `scheme://user:` up to the last @ of the word: a password may hold others. */
const inAddress = /(\b[a-z][a-z0-9+.-]*:\/{1,3}[^\s:/@'"]*:)[^\s'"]*@/gi
/** `password=` of a connection string, with or without quotes, which SQL doubles. */
const asParameter =
  /((?:ssl|pg)?password\s*=\s*)(?:''(?:[^']|\\')*(?:''|$)|'(?:[^'\\]|\\.)*(?:'|$)|"[^"]*(?:"|$)|(?!')[^\s&;'")]+)/gi
/** `PASSWORD 'x'` of CREATE and ALTER ROLE and of user mappings. */
const inSql = /(\bpassword\s+)(?:E?'(?:[^']|'')*(?:'|$)|\$(\w*)\$[^]*?(?:\$\2\$|$))/gi
