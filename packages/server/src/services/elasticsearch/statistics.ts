import type { JsonObject } from './connect.js'

/**
 * What is read of every node, by its path in the node's statistics. Names that a version does
 * not have are left out; nothing is made up.
 */
const readings = [
  'indices.docs.count',
  'indices.docs.deleted',
  'indices.store.size_in_bytes',
  'indices.indexing.index_total',
  'indices.indexing.index_time_in_millis',
  'indices.indexing.delete_total',
  'indices.get.total',
  'indices.get.time_in_millis',
  'indices.search.query_total',
  'indices.search.query_time_in_millis',
  'indices.search.fetch_total',
  'indices.search.open_contexts',
  'indices.merges.total',
  'indices.refresh.total',
  'indices.flush.total',
  'indices.segments.count',
  'indices.segments.memory_in_bytes',
  'indices.fielddata.memory_size_in_bytes',
  'indices.fielddata.evictions',
  'indices.query_cache.memory_size_in_bytes',
  'jvm.mem.heap_used_in_bytes',
  'jvm.mem.heap_max_in_bytes',
  'jvm.mem.heap_used_percent',
  'jvm.gc.collectors.young.collection_count',
  'jvm.gc.collectors.young.collection_time_in_millis',
  'jvm.gc.collectors.old.collection_count',
  'jvm.gc.collectors.old.collection_time_in_millis',
  'jvm.threads.count',
  'jvm.uptime_in_millis',
  'process.open_file_descriptors',
  'process.cpu.percent',
  'os.cpu.percent',
  'fs.total.total_in_bytes',
  'fs.total.free_in_bytes',
  'fs.total.available_in_bytes',
  'http.current_open',
  'http.total_opened',
  'transport.rx_size_in_bytes',
  'transport.tx_size_in_bytes',
  'thread_pool.search.queue',
  'thread_pool.search.rejected',
  'thread_pool.write.queue',
  'thread_pool.write.rejected',
].map((name) => ({ name, path: name.split('.') }))

export interface NodeStatistics {
  /** As the node calls itself. */
  readonly host: string
  readonly values: { readonly [name: string]: number }
}

/** The numbers of each node in the answer to `/_nodes/stats`. */
export function statisticsOf({ nodes }: JsonObject): NodeStatistics[] {
  return Object.entries((nodes ?? {}) as { [id: string]: JsonObject }).map(([id, node]) => ({
    host: typeof node.name === 'string' ? node.name : id,
    values: valuesOf(node),
  }))
}

function valuesOf(node: JsonObject): { [name: string]: number } {
  const values: { [name: string]: number } = {}
  for (const { name, path } of readings) {
    const value = path.reduce<unknown>(
      (inner, field) => (inner as JsonObject | undefined)?.[field],
      node,
    )
    if (typeof value === 'number') values[name] = value
  }
  return values
}
