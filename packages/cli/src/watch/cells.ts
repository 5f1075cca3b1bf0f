import stringWidth from 'string-width'

const segmenter = new Intl.Segmenter()

/** Cut to the columns that it may take on a screen, which marks the end with an ellipsis. */
export function truncate(text: string, columns: number): string {
  if (text.length <= columns && isPlain(text)) return text
  if (stringWidth(text) <= columns) return text
  let cut = ''
  let width = 0
  for (const { segment } of segmenter.segment(text)) {
    width += stringWidth(segment)
    if (width > columns - 1) break
    cut += segment
  }
  return columns > 0 ? `${cut}…` : ''
}

/** Cut or filled up to exactly so many columns. */
export function pad(text: string, columns: number, side: 'left' | 'right' = 'right'): string {
  const shown = truncate(text, columns)
  const blanks = ' '.repeat(Math.max(0, columns - stringWidth(shown)))
  return side === 'right' ? shown + blanks : blanks + shown
}

/** `-` when it is not known; above 99999 in thousands and so on. */
export function count(value: number | undefined): string {
  if (value === undefined) return '-'
  let rest = Math.round(value)
  for (const unit of ['', 'k', 'M', 'G']) {
    if (rest < 100_000) return `${rest}${unit}`
    rest = Math.round(rest / 1000)
  }
  return `${rest}T`
}

/** `-` when it is not known. */
export function percent(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(1)
}

/** `850ms`, `12.5s`, `3m05s`, `2h10m` */
export function age(ms: number | undefined): string {
  if (ms === undefined) return '-'
  if (ms < 1000) return `${Math.floor(ms)}ms`
  const seconds = Math.floor(ms / 1000)
  if (seconds < 60) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`
  const two = (value: number) => String(value).padStart(2, '0')
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`
  if (seconds < 86_400)
    return `${Math.floor(seconds / 3600)}h${two(Math.floor(seconds / 60) % 60)}m`
  return `${Math.floor(seconds / 86_400)}d${two(Math.floor(seconds / 3600) % 24)}h`
}

function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text)
}
