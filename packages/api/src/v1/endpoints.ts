export * from './collections.js'
export * from './databases.js'
export * from './documents.js'
export * from './instances.js'
