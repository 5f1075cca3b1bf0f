/** What a client says in an `Authorization` header of the scheme Digest. */
export interface DigestAnswer {
  readonly username: string
  readonly realm: string
  readonly nonce: string
  readonly uri: string
  readonly response: string
  /** As sent, as it is hashed so. */
  readonly nc: string
  readonly cnonce: string
  readonly qop: string
  /** MD5 when the client does not say. */
  readonly algorithm: string
}

const SCHEME = /^digest\s+/i
/** A name and a value, in quotes or bare, up to the next comma; blanks do not matter. */
const DIRECTIVE = /\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|$)/y

const needed = ['username', 'realm', 'nonce', 'uri', 'response', 'nc', 'cnonce', 'qop'] as const

/** Reads the header; undefined when it is not of the scheme, is malformed, or lacks something. */
export function readAuthorization(header: string): DigestAnswer | undefined {
  if (!SCHEME.test(header)) return undefined
  const text = header.replace(SCHEME, '')
  const directives = new Map<string, string>()
  DIRECTIVE.lastIndex = 0
  while (DIRECTIVE.lastIndex < text.length) {
    const match = DIRECTIVE.exec(text)
    if (!match) return undefined
    const [, name, quoted, bare] = match
    // Said twice it may mean either, and somebody else may have read the other.
    if (directives.has(name.toLowerCase())) return undefined
    directives.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare)
  }
  if (needed.some((name) => !directives.get(name))) return undefined
  const answer = Object.fromEntries(directives) as unknown as DigestAnswer
  return { ...answer, algorithm: answer.algorithm ?? 'MD5' }
}
