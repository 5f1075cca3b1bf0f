/**
 * The path of every name in a JSON document, such as `roles[1].roleName`, in the order in which they
 * stand there; the text has been parsed before, so that it is known to be JSON.
 */
export function* namesInOrder(text: string): Generator<string> {
  /** What is open, from the outside in: the path of the object or array, and the place within. */
  const open: { readonly path: string; index: number | undefined; name: string }[] = []
  const here = () => {
    const inner = open.at(-1)
    if (!inner) return ''
    if (inner.index !== undefined) return `${inner.path}[${inner.index}]`
    return inner.path === '' ? inner.name : `${inner.path}.${inner.name}`
  }
  for (const [token, colon] of tokensIn(text)) {
    const inner = open.at(-1)
    if (token === '{') open.push({ path: here(), index: undefined, name: '' })
    else if (token === '[') open.push({ path: here(), index: 0, name: '' })
    else if (token === '}' || token === ']') open.pop()
    else if (!inner) continue
    else if (token === ',') inner.index = inner.index === undefined ? undefined : inner.index + 1
    else if (colon) {
      inner.name = JSON.parse(token) as string
      yield here()
    }
  }
}

/** Brackets, commas and strings; with a string, whether a colon follows it. */
function* tokensIn(text: string): Generator<readonly [token: string, colon: boolean]> {
  const token = /[{}[\],]|("(?:[^"\\]|\\.)*")(\s*:)?/gs
  for (const [all, string, colon] of text.matchAll(token)) yield [string ?? all, Boolean(colon)]
}
