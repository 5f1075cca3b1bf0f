const SHOWN = 4

/** A secret as it is shown: stars, and the last four characters of one that is longer. */
export function starred(secret: string): string {
  const shown = secret.length > SHOWN ? SHOWN : 0
  return '*'.repeat(secret.length - shown) + secret.slice(secret.length - shown)
}

/** Whether a text is one that `starred` has made, of whichever secret. */
export function isStarred(text: string): boolean {
  return text !== '' && text === starred(text)
}
