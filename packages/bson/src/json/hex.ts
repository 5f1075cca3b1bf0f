/** The value of a hex digit by its character code, -1 for all other bytes. */
export const hexValues = new Int8Array(256).fill(-1)
for (const digit of '0123456789abcdefABCDEF') {
  hexValues[digit.charCodeAt(0)] = Number.parseInt(digit, 16)
}
