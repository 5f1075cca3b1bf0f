import { readFile, realpath } from 'node:fs/promises'
import { basename } from 'node:path'

/** The file system that a folder is on. */
export interface Partition {
  /** Of its device, such as `sda1`; of one without, its kind, such as `overlay`. */
  readonly name: string
  /** `major:minor`. */
  readonly device: string
}

/** Undefined where the system does not tell. */
export async function partitionOf(folder: string): Promise<Partition | undefined> {
  try {
    return partitionIn(await readFile('/proc/self/mountinfo', 'utf8'), await realpath(folder))
  } catch {
    return undefined
  }
}

/** Finds the mount in the text of `/proc/self/mountinfo` that is the nearest above a path. */
export function partitionIn(mountinfo: string, path: string): Partition | undefined {
  let best: { readonly point: string; readonly partition: Partition } | undefined
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ')
    if (after === undefined) continue
    const [, , device, , escaped] = before.split(' ')
    const [kind, source] = after.split(' ')
    const point = unescaped(escaped)
    // Of two mounts on one point the later one is seen.
    if (!isAbove(point, path) || (best && best.point.length > point.length)) continue
    // A slash would end the name where this is a part of longer ones.
    const name = source.startsWith('/') ? basename(unescaped(source)) : kind
    best = { point, partition: { name, device } }
  }
  return best?.partition
}

function isAbove(point: string, path: string): boolean {
  return point === '/' || path === point || path.startsWith(`${point}/`)
}

/** Blanks and the like stand as `\040` there. */
function unescaped(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}
