/** No quotes, comments, lists or line ends, which could mean something else to a mail server. */
const ADDRESS = /^[^\s@<>()[\]\\,;:"\p{Cc}]+@[^\s@<>()[\]\\,;:"\p{Cc}]+$/u
/** RFC 5321 gives room for no more. */
const LONGEST = 254

/** Whether a text is the address of one mailbox and nothing else. */
export function isMailAddress(text: string): boolean {
  return text.length <= LONGEST && ADDRESS.test(text)
}
