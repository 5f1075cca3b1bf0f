import { type Doc, decodeDocument, encodeDocument, type Value } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { cannotSpill, type SpillFile, type WorkingMemory } from '../spill/working-memory.js'
import {
  type AccumulatedField,
  accumulate,
  documentOf,
  type Group,
  sizeOfGroup,
  startGroup,
} from './groups.js'
import type { Context } from './scope.js'
import { type Overdue, PAUSE, type Pause } from './stream.js'
import { equalityKey } from './value-set.js'

/** Parts in which groups go to disk: so many that writing one does not hold the event loop. */
const PARTITIONS = 64
/** Partitions of partitions. Beyond this depth keys do not differ in their hashes. */
const DEEPEST = 6
const READ_BUFFER = 64 * 1024
/** Records between two looks at the clock. */
const STRIDE = 32

interface HeldGroup extends Group {
  readonly text: string | number
  readonly partition: Partition
}

interface Partition {
  groups: HeldGroup[]
  bytes: number
  /** Where the rest of the partition went when there was no room for it. */
  file: SpillFile | undefined
}

/**
 * The groups of documents. When they exceed the memory, the largest part of them, by the hash
 * of the key, is put on disk: what its accumulators hold, followed by all further documents of
 * these groups, in their order. Each such part is then grouped by itself.
 */
export class SpillingGroups {
  private readonly groups = new Map<string | number, HeldGroup>()
  private readonly partitions: Partition[] = Array.from({ length: PARTITIONS }, () => ({
    groups: [],
    bytes: 0,
    file: undefined,
  }))
  private bytes = 0
  private nested: SpillingGroups | undefined

  constructor(
    private readonly fields: readonly AccumulatedField[],
    private readonly context: Context,
    private readonly memory: WorkingMemory,
    private readonly depth = 0,
  ) {}

  add(key: Value | undefined, doc: Buffer): void {
    // A missing key and null make one group.
    const text = equalityKey(key ?? null)
    let group = this.groups.get(text)
    let bytes = 0
    if (!group) {
      const partition = this.partitions[partitionOf(text, this.depth)]
      if (partition.file) {
        return writeRecord(partition.file, encodeDocument({ key: key ?? null }), doc)
      }
      group = this.start(key, text, partition)
      bytes = sizeOfGroup(key, this.fields)
    }
    bytes += accumulate(group, this.context, doc)
    if (bytes !== 0) this.charge(group, bytes)
  }

  private start(key: Value | undefined, text: string | number, partition: Partition): HeldGroup {
    const group = { ...startGroup(key, this.fields), text, partition }
    this.groups.set(text, group)
    partition.groups.push(group)
    return group
  }

  private charge({ partition }: HeldGroup, bytes: number): void {
    partition.bytes += bytes
    this.bytes += bytes
    if (this.bytes > this.memory.groupBytes) this.exceed()
  }

  private exceed(): void {
    const { groupBytes, createFile, failure } = this.memory
    if (!createFile) {
      throw new CommandError(
        'QueryExceededMemoryLimitNoDiskUseAllowed',
        `${failure}Exceeded memory limit for $group, but didn't allow external sort. Pass allowDiskUse:true to opt in.`,
      )
    }
    if (this.groups.size === 1 || this.depth === DEEPEST) {
      throw cannotSpill('$group', groupBytes)
    }
    const largest = this.partitions.reduce((a, b) => (b.bytes > a.bytes ? b : a))
    largest.file = createFile('group')
    for (const group of largest.groups) {
      writeRecord(largest.file, stateOf(group), NOTHING)
      this.groups.delete(group.text)
    }
    this.bytes -= largest.bytes
    largest.bytes = 0
    largest.groups = []
  }

  /** The groups in memory in the order in which they were met, then those on disk. */
  *documents(overdue: Overdue): Generator<Doc | Pause> {
    for (const group of this.groups.values()) yield documentOf(group, this.fields)
    this.groups.clear()
    for (const partition of this.partitions) {
      partition.groups = []
      const { file } = partition
      if (!file) continue
      this.nested = new SpillingGroups(this.fields, this.context, this.memory, this.depth + 1)
      yield* this.nested.readAll(file, overdue)
      file.drop()
      yield* this.nested.documents(overdue)
    }
  }

  private *readAll(file: SpillFile, overdue: Overdue): Generator<Pause> {
    const end = file.size
    const reader = file.read(0, end, READ_BUFFER)
    let count = 0
    for (let at = 0; at < end; ) {
      const lengths = reader.bytes(at, HEADER)
      const headLength = lengths.readUInt32LE(0)
      const docLength = lengths.readUInt32LE(4)
      const head = decodeDocument(reader.bytes(at + HEADER, headLength))
      const key = head.get('key')
      if (docLength === 0) this.load(key, head.get('states') as Doc)
      else this.add(key, reader.bytes(at + HEADER + headLength, docLength))
      at += HEADER + headLength + docLength
      if (++count % STRIDE === 0 && overdue()) yield PAUSE
    }
  }

  /** Starts a group with what its accumulators held. */
  private load(key: Value | undefined, states: Doc): void {
    const text = equalityKey(key ?? null)
    const partition = this.partitions[partitionOf(text, this.depth)]
    if (partition.file) return writeRecord(partition.file, encodeDocument({ key, states }), NOTHING)
    const group = this.start(key, text, partition)
    let bytes = sizeOfGroup(key, this.fields)
    group.accumulators.forEach((accumulator, i) => {
      const state = states.get(String(i))
      if (state !== undefined) accumulator.load(state)
      bytes += accumulator.memory?.() ?? 0
    })
    this.charge(group, bytes)
  }

  /** Gives all files back. */
  close(): void {
    for (const { file } of this.partitions) file?.drop()
    this.nested?.close()
  }
}

function stateOf({ key, accumulators }: HeldGroup): Buffer {
  const states: Doc = new Map()
  accumulators.forEach((accumulator, i) => {
    const state = accumulator.save()
    if (state !== undefined) states.set(String(i), state)
  })
  return encodeDocument({ key: key ?? null, states })
}

/** Of a record: the lengths of its head, which is the group, and of its document; none has what the group held. */
const HEADER = 8
const header = Buffer.alloc(HEADER)
const NOTHING = Buffer.alloc(0)

function writeRecord(file: SpillFile, head: Buffer, doc: Buffer): void {
  header.writeUInt32LE(head.length, 0)
  header.writeUInt32LE(doc.length, 4)
  file.write(header)
  file.write(head)
  file.write(doc)
}

/** Spreads keys over the partitions, at each depth in another way. */
function partitionOf(text: string | number, depth: number): number {
  let mixed = Math.imul(depth + 1, 0x9e3779b1)
  if (typeof text === 'number') mixed = Math.imul(mixed ^ text, 0x85ebca6b)
  else
    for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35)
  return ((mixed ^ (mixed >>> 13)) >>> 0) % PARTITIONS
}
