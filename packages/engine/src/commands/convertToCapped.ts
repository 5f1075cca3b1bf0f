import { type Doc, isNumericType } from '@gantry/bson'
import { capOf, trimCapped } from '../catalog/capped.js'
import type { Collection } from '../catalog/collection.js'
import { CommandError } from '../errors.js'
import { type Arg, arg } from './args.js'
import { cappedSizeArg } from './capped-options.js'
import { type CommandContext, command } from './command.js'
import { existing } from './existing-collection.js'
import { toWhole } from './long.js'
import { checkCollectionName } from './namespace.js'
import { integer } from './sizes.js'

/** The size of what becomes capped. Commands older than MongoDB's table of arguments are not particular about what is no size at all. */
export const newSizeArg: Arg<number> = {
  read(value, field) {
    if (isNumericType(value.type) && toWhole(value) > 0) return cappedSizeArg.read(value, field)
    throw missingSize()
  },
  missing: missingSize,
}

function missingSize(): CommandError {
  return new CommandError('InvalidOptions', 'Capped collection size must be greater than zero')
}

/** Makes a collection capped: its oldest documents go until it fits, its indexes but that on `_id` too. */
export const convertToCapped = command({
  name: 'convertToCapped',
  help: 'Makes a collection capped',
  access: { action: 'convertToCapped', on: 'collection' },
  takesWriteConcern: true,
  takesAnything: true,
  args: { convertToCapped: arg.collectionName, size: newSizeArg },
  async run(context, { convertToCapped: name, size }) {
    checkCollectionName(context.db, name)
    const { catalog } = context
    const id = await context.write((transaction) => {
      const collection = existing(context, name)
      for (const index of collection.indexes.slice(1)) {
        catalog.dropIndex(transaction, collection, index)
      }
      catalog.setOptions(transaction, collection, cappedOptions(collection, size))
      return collection.id
    })
    while (await trim(context, id)) await context.breathe()
    return {}
  },
})

/** In the order in which options are listed, capped ones come first. */
function cappedOptions({ options }: Collection, size: number): Doc {
  const others = [...options].filter(([option]) => !['capped', 'size', 'max'].includes(option))
  return new Map([['capped', true], ['size', integer(size)], ...others])
}

/** Removes some of what is too much; says whether there may be more. */
async function trim(context: CommandContext, id: number): Promise<boolean> {
  return context.write((transaction) => {
    const collection = context.catalog.findById(id)
    const cap = collection && capOf(collection)
    if (!cap) return false
    const before = collection.count
    trimCapped(transaction, collection, cap)
    return collection.count < before
  })
}
