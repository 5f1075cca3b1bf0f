import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Connection, createConnection, type InferSchemaType, Schema, Types } from 'mongoose'
import { type EngineServer, startEngineServer } from '../support/engine-server.js'

const authorSchema = new Schema(
  {
    name: { type: String, required: true, trim: true },
    email: { type: String, unique: true, lowercase: true, match: /@/ },
    age: { type: Number, min: 0 },
    address: new Schema({ city: String, zip: String }, { _id: false }),
    settings: { type: Map, of: String },
  },
  { timestamps: true },
)
authorSchema.virtual('label').get(function () {
  return `${this.name} <${this.email}>`
})
authorSchema.virtual('books', { ref: 'Book', localField: '_id', foreignField: 'author' })

const bookSchema = new Schema({
  title: { type: String, index: true },
  author: { type: Schema.Types.ObjectId, ref: 'Author' },
  price: Schema.Types.Decimal128,
  tags: [String],
  reviews: [{ stars: { type: Number, max: 5 }, text: String }],
})

let server: EngineServer
let connection: Connection
before(async () => {
  server = await startEngineServer()
  connection = createConnection(server.uri(), { dbName: 'library' })
  connection.model('Author', authorSchema)
  connection.model('Book', bookSchema)
  await connection.asPromise()
  await Promise.all(Object.values(connection.models).map((model) => model.init()))
})
after(async () => {
  await connection?.close()
  await server?.close()
})

const authors = () => connection.model<InferSchemaType<typeof authorSchema>>('Author')
const books = () => connection.model<InferSchemaType<typeof bookSchema>>('Book')

describe('mongoose', () => {
  test('creates documents by their schema, finds and changes them', async () => {
    const Author = authors()
    const ann = await Author.create({
      name: ' Ann ',
      email: 'ANN@example.org',
      age: 40,
      address: { city: 'Delft' },
      settings: new Map([['colour', 'red']]),
    })
    const found = await Author.findById(ann._id).orFail()
    assert.equal(found.name, 'Ann')
    assert.equal(found.email, 'ann@example.org')
    assert.equal(found.settings?.get('colour'), 'red')
    assert.equal(found.get('label'), 'Ann <ann@example.org>')
    assert.ok(found.createdAt instanceof Date)

    found.set('address.city', 'Leiden')
    found.settings?.set('size', 'large')
    await found.save()
    const plain = await Author.findOne({ 'address.city': 'Leiden' }).lean().orFail()
    assert.deepEqual(plain.settings, { colour: 'red', size: 'large' })
    assert.ok(plain.updatedAt > plain.createdAt)
    assert.equal((await Author.updateOne({ _id: ann._id }, { $inc: { age: 1 } })).modifiedCount, 1)
    assert.equal((await Author.findOneAndDelete({ age: 41 }))?.id, ann.id)
    assert.equal(await Author.exists({ _id: ann._id }), null)
  })

  test('validates before anything is stored', async () => {
    const Author = authors()
    await assert.rejects(Author.create({ email: 'nowhere', age: -1 }), (error) => {
      const { errors } = error as { errors: Record<string, unknown> }
      assert.deepEqual(Object.keys(errors).sort(), ['age', 'email', 'name'])
      return true
    })
    assert.equal(await Author.countDocuments({ email: 'nowhere' }), 0)
  })

  test('has the indexes of its schemas, and they hold', async () => {
    const Author = authors()
    const indexes = await Author.listIndexes()
    assert.deepEqual(
      indexes.map(({ key, unique }) => [key, unique]),
      [
        [{ _id: 1 }, undefined],
        [{ email: 1 }, true],
      ],
    )
    await Author.create({ name: 'Bob', email: 'bob@example.org' })
    const again = Author.create({ name: 'Other', email: 'bob@example.org' })
    await assert.rejects(again, (error) => (error as { code: number }).code === 11000)
    assert.deepEqual(await books().diffIndexes(), { toDrop: [], toCreate: [] })
  })

  test('populates what documents refer to, from either side', async () => {
    const cid = await authors().create({ name: 'Cid', email: 'cid@example.org' })
    await books().insertMany([
      { title: 'One', author: cid._id, price: '9.50', tags: ['a', 'b'] },
      { title: 'Two', author: cid._id, reviews: [{ stars: 5, text: 'good' }] },
      { title: 'Nobody’s', author: new Types.ObjectId() },
    ])
    const one = await books()
      .findOne({ title: 'One' })
      .populate<{ author: { name: string } }>('author')
      .orFail()
    assert.equal(one.author.name, 'Cid')
    assert.equal(String(one.price), '9.50')
    const none = await books().findOne({ title: 'Nobody’s' }).populate('author').orFail()
    assert.equal(none.author, null)
    const withBooks = await authors()
      .findById(cid._id)
      .populate({ path: 'books', options: { sort: { title: -1 } } })
      .orFail()
    const titles = (withBooks.get('books') as { title: string }[]).map(({ title }) => title)
    assert.deepEqual(titles, ['Two', 'One'])
  })

  test('changes arrays and subdocuments in place', async () => {
    const book = await books().create({ title: 'Arrays', tags: ['x'], reviews: [{ stars: 1 }] })
    book.tags.push('y', 'z')
    book.tags = book.tags.filter((tag) => tag !== 'x')
    book.reviews[0].set('text', 'bad')
    book.reviews.push({ stars: 4 })
    await book.save()
    const { tags, reviews } = await books().findById(book._id).lean().orFail()
    assert.deepEqual(tags, ['y', 'z'])
    assert.deepEqual(
      reviews.map(({ stars, text }) => [stars, text]),
      [
        [1, 'bad'],
        [4, undefined],
      ],
    )
    // Two copies of a document: the second notices that the array has changed under it.
    const [first, second] = [
      await books().findById(book._id).orFail(),
      await books().findById(book._id).orFail(),
    ]
    first.set('reviews', [])
    await first.save()
    second.reviews[1].set('stars', 2)
    await assert.rejects(second.save(), { name: 'VersionError' })
  })

  test('runs aggregations, cursors and bulk writes', async () => {
    await books().bulkWrite([
      { insertOne: { document: { title: 'B1', tags: ['bulk'] } as never } },
      { insertOne: { document: { title: 'B2', tags: ['bulk', 'more'] } as never } },
      { updateMany: { filter: { tags: 'bulk' }, update: { $addToSet: { tags: 'all' } } as never } },
    ])
    const counted = await books().aggregate([
      { $match: { tags: 'bulk' } },
      { $unwind: '$tags' },
      { $sortByCount: '$tags' },
      { $sort: { count: -1, _id: 1 } },
    ])
    assert.deepEqual(counted, [
      { _id: 'all', count: 2 },
      { _id: 'bulk', count: 2 },
      { _id: 'more', count: 1 },
    ])
    const titles: unknown[] = []
    for await (const { title } of books()
      .find({ tags: 'bulk' })
      .sort('-title')
      .cursor({ batchSize: 1 }))
      titles.push(title)
    assert.deepEqual(titles, ['B2', 'B1'])
  })

  test('runs transactions', async () => {
    const dan = await authors().create({ name: 'Dan', email: 'dan@example.org', age: 1 })
    await connection.transaction(async (session) => {
      const own = await authors().findById(dan._id).session(session).orFail()
      own.age = 2
      await own.save({ session })
      await books().create([{ title: 'In transaction', author: dan._id }], { session })
    })
    assert.equal((await authors().findById(dan._id).orFail()).age, 2)
    const failing = connection.transaction(async (session) => {
      await books().deleteMany({ author: dan._id }, { session })
      throw new Error('changed my mind')
    })
    await assert.rejects(failing, /changed my mind/)
    assert.equal(await books().countDocuments({ author: dan._id }), 1)
  })

  test('watches a model', async () => {
    const { operationTime } = (await connection.db?.command({ ping: 1 })) ?? {}
    const { _id } = await books().create({ title: 'Watched' })
    const inserts = [{ $match: { operationType: 'insert', 'documentKey._id': _id } }]
    const stream = books().watch(inserts, { startAtOperationTime: operationTime })
    const event = (await stream.next()) as { operationType: string; fullDocument: unknown }
    assert.equal((event.fullDocument as { title: string }).title, 'Watched')
    await stream.close()
  })
})
