/**
 * What the machine does that this process runs on: processor, memory, network and the disk
 * that holds a folder, from Linux' `/proc` where there is one, otherwise what Node.js tells.
 */
import { readFile, statfs } from 'node:fs/promises'
import { cpus, freemem, totalmem } from 'node:os'
import { type Partition, partitionOf } from './partition.js'

/** Numbers by name; those of the disk as `disk/NAME/spaceFree`. Times are milliseconds, sizes bytes. */
export type MachineNumbers = { readonly [name: string]: number }

/** What counts up, by its name or, of disks, by the last part of it. */
export function isMachineCounter(name: string): boolean {
  return /^system\.(cpu|network)\.|^disk\/[^/]+\/(reads|writes|readMs|writeMs|busyMs)$/.test(name)
}

/** Linux counts processor time in hundredths of a second, whatever its clock. */
const TICK_MS = 10
const KILOBYTE = 1024

/** Reads all there is; what the system does not tell is left out. */
export async function readMachine(folder: string): Promise<MachineNumbers> {
  const [processor, memory, network, disk] = await Promise.all([
    readProcessor(),
    readMemory(),
    readNetwork(),
    readDisk(folder),
  ])
  return { ...processor, ...memory, ...network, ...disk }
}

/** Undefined where there is no such file. */
async function proc(path: string): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${path}`, 'utf8')
  } catch {
    return undefined
  }
}

/** In the order of `/proc/stat`. */
const PROCESSOR_STATES = [
  'user',
  'nice',
  'kernel',
  'idle',
  'iowait',
  'irq',
  'softirq',
  'steal',
  'guest',
]

async function readProcessor(): Promise<MachineNumbers> {
  const text = await proc('stat')
  const cores = cpus()
  const numbers: Record<string, number> = { 'system.cores': cores.length }
  const [, line] = /^cpu +(.*)$/m.exec(text ?? '') ?? []
  if (line !== undefined) {
    const ticks = line.split(' ').map(Number)
    PROCESSOR_STATES.forEach((state, i) => {
      numbers[`system.cpu.${state}`] = (ticks[i] ?? 0) * TICK_MS
    })
    return numbers
  }
  const sum = (state: keyof (typeof cores)[number]['times']) =>
    cores.reduce((total, { times }) => total + times[state], 0)
  return {
    ...numbers,
    'system.cpu.user': sum('user'),
    'system.cpu.nice': sum('nice'),
    'system.cpu.kernel': sum('sys'),
    'system.cpu.idle': sum('idle'),
    'system.cpu.irq': sum('irq'),
  }
}

async function readMemory(): Promise<MachineNumbers> {
  const text = await proc('meminfo')
  const bytes = (field: string) => {
    const [, kilobytes] = new RegExp(`^${field}: +(\\d+) kB`, 'm').exec(text ?? '') ?? []
    return kilobytes === undefined ? undefined : Number(kilobytes) * KILOBYTE
  }
  const total = bytes('MemTotal') ?? totalmem()
  const free = bytes('MemFree') ?? freemem()
  const available = bytes('MemAvailable') ?? free
  const [swapTotal, swapFree] = [bytes('SwapTotal'), bytes('SwapFree')]
  return {
    'system.memory.total': total,
    'system.memory.free': free,
    'system.memory.available': available,
    'system.memory.used': total - available,
    ...(swapTotal !== undefined &&
      swapFree !== undefined && {
        'system.swap.free': swapFree,
        'system.swap.used': swapTotal - swapFree,
      }),
  }
}

/** All interfaces but the loopback. */
async function readNetwork(): Promise<MachineNumbers> {
  const text = await proc('net/dev')
  if (text === undefined) return {}
  let [bytesIn, bytesOut] = [0, 0]
  for (const [, name, counts] of text.matchAll(/^ *([^ :]+): *(.*)$/gm)) {
    if (name === 'lo') continue
    const columns = counts.split(/ +/).map(Number)
    bytesIn += columns[0]
    bytesOut += columns[8]
  }
  return { 'system.network.bytesIn': bytesIn, 'system.network.bytesOut': bytesOut }
}

async function readDisk(folder: string): Promise<MachineNumbers> {
  const [space, partition] = await Promise.all([statfs(folder), partitionOf(folder)])
  const name = `disk/${partition?.name ?? 'data'}`
  const free = space.bavail * space.bsize
  return {
    [`${name}/spaceFree`]: free,
    [`${name}/spaceUsed`]: (space.blocks - space.bfree) * space.bsize,
    ...(partition && (await readDiskWork(name, partition))),
  }
}

/** Nothing for a file system that is on no device of its own. */
async function readDiskWork(name: string, { device }: Partition): Promise<MachineNumbers> {
  const text = (await proc('diskstats')) ?? ''
  const line = text.split('\n').find((each) => {
    const [major, minor] = each.trim().split(/ +/)
    return `${major}:${minor}` === device
  })
  if (line === undefined) return {}
  const columns = line.trim().split(/ +/).slice(3).map(Number)
  return {
    [`${name}/reads`]: columns[0],
    [`${name}/readMs`]: columns[3],
    [`${name}/writes`]: columns[4],
    [`${name}/writeMs`]: columns[7],
    [`${name}/busyMs`]: columns[9],
  }
}
