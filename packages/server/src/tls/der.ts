/** Just the part of ASN.1 DER that a certificate is made of: values as whole buffers, inside out. */

function element(tag: number, content: Buffer): Buffer {
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content])
  const size = length > 0xffff ? 3 : length > 0xff ? 2 : 1
  const head = Buffer.alloc(2 + size)
  head[0] = tag
  head[1] = 0x80 | size
  head.writeUIntBE(length, 2, size)
  return Buffer.concat([head, content])
}

export const sequence = (...items: Buffer[]) => element(0x30, Buffer.concat(items))
export const setOf = (item: Buffer) => element(0x31, item)
export const octetString = (bytes: Buffer) => element(0x04, bytes)
export const utf8String = (text: string) => element(0x0c, Buffer.from(text))
export const TRUE = element(0x01, Buffer.from([0xff]))

/** A bit string of whole bytes; `unused` bits at its end do not count. */
export const bitString = (bytes: Buffer, unused = 0) =>
  element(0x03, Buffer.concat([Buffer.from([unused]), bytes]))

/** A positive integer from its bytes, highest first. */
export function integer(bytes: Buffer): Buffer {
  // A leading one bit would make it negative.
  return element(0x02, bytes[0] & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

/** `[number]` around a whole element. */
export const explicit = (number: number, item: Buffer) => element(0xa0 | number, item)

/** `[number]` in place of the tag of a simple element. */
export const implicit = (number: number, content: Buffer) => element(0x80 | number, content)

/** An object identifier from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const digits = [arc & 0x7f]
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift(0x80 | (left & 0x7f))
    bytes.push(...digits)
  }
  return element(0x06, Buffer.from(bytes))
}

/** A time to the second, in the form that its year asks for. */
export function time(date: Date): Buffer {
  const text = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(text.slice(2)))
    : element(0x18, Buffer.from(text))
}
