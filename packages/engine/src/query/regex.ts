import { CommandError } from '../errors.js'

/** Compiles a regular expression as MongoDB understands it. Throws MongoDB's errors on unknown options and invalid patterns. */
export function compileRegex(pattern: string, options = ''): RegExp {
  for (const option of options) {
    if (!'imsxu'.includes(option)) {
      throw new CommandError(51108, `invalid flag in regex options: ${option}`)
    }
  }
  try {
    return new RegExp(
      pattern,
      [...new Set(options)].filter((flag) => 'ims'.includes(flag)).join(''),
    )
  } catch (error) {
    throw new CommandError(51091, `Regular expression is invalid: ${(error as Error).message}`)
  }
}
