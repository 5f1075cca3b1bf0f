// What a script of mongosh does; the shell has connected before it runs.
/* global db, print */
const things = db.getSiblingDB('mongosh').things
const check = (what, holds) => {
  if (!holds) throw new Error(`${what} does not hold`)
}

things.insertOne({ _id: 1, name: 'ä', n: Long('1152921504606846976') })
things.insertMany(Array.from({ length: 298 }, (_, i) => ({ _id: i + 2, n: i + 2 })))
check('find', things.findOne({ _id: 1 }).n.toString() === '1152921504606846976')
const sorted = things
  .find({ n: { $lt: 300 } })
  .sort({ n: -1 })
  .toArray()
check('sort', sorted.length === 298 && sorted[0]._id === 299)
check('update', things.updateOne({ _id: 2 }, { $inc: { n: 5 } }).modifiedCount === 1)
check('updated', things.findOne({ _id: 2 }).n === 7)
things.createIndex({ name: 1 }, { unique: true, sparse: true })
check(
  'index',
  things.getIndexes().some(({ name }) => name === 'name_1'),
)
let refused
try {
  things.insertOne({ _id: 1000, name: 'ä' })
} catch (error) {
  refused = error
}
check('duplicate', refused?.code === 11000)
const groups = things.aggregate([
  { $match: { _id: { $gt: 2 } } },
  { $group: { _id: null, sum: { $sum: '$n' } } },
])
check('aggregate', groups.toArray()[0].sum === 44847)

const session = db.getMongo().startSession()
const inside = session.getDatabase('mongosh').things
session.startTransaction()
inside.insertOne({ _id: 'kept' })
check('isolation', things.findOne({ _id: 'kept' }) === null)
session.commitTransaction()
session.startTransaction()
inside.insertOne({ _id: 'gone' })
session.abortTransaction()
check('transaction', things.countDocuments({ _id: { $in: ['kept', 'gone'] } }) === 1)
check('delete', things.deleteMany({}).deletedCount === 300)
print('done')
