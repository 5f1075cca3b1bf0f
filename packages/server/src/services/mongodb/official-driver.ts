/** The official driver, in a module of its own so that a start that does not need it does not load it. */
export * as mongodb from 'mongodb'
