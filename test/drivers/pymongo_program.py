"""What a program with PyMongo does; the connection string is its only argument."""

import sys

from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError

client = MongoClient(sys.argv[1], serverSelectionTimeoutMS=10000)
things = client.pymongo.things

things.insert_one({"_id": 1, "name": "ä", "n": 2**60})
things.insert_many([{"_id": i, "n": i} for i in range(2, 300)])
assert things.find_one({"_id": 1}) == {"_id": 1, "name": "ä", "n": 2**60}
assert [d["_id"] for d in things.find({"n": {"$lt": 300}}).sort("n", -1)] == list(range(299, 1, -1))
assert things.count_documents({}) == 299

assert things.update_one({"_id": 2}, {"$inc": {"n": 5}}).modified_count == 1
assert things.find_one({"_id": 2})["n"] == 7

assert things.create_index([("name", 1)], unique=True, sparse=True) == "name_1"
assert "name_1" in things.index_information()
try:
    things.insert_one({"_id": 1000, "name": "ä"})
    raise AssertionError("the unique index let a duplicate in")
except DuplicateKeyError:
    pass

groups = things.aggregate(
    [{"$match": {"_id": {"$gt": 2}}}, {"$group": {"_id": None, "sum": {"$sum": "$n"}}}]
)
assert [g["sum"] for g in groups] == [sum(range(3, 300))]

with client.start_session() as session:
    with session.start_transaction():
        things.insert_one({"_id": "kept"}, session=session)
        assert things.find_one({"_id": "kept"}) is None
    session.start_transaction()
    things.insert_one({"_id": "gone"}, session=session)
    session.abort_transaction()
assert things.find_one({"_id": "kept"}) and not things.find_one({"_id": "gone"})

assert things.delete_many({}).deleted_count == 300
print("done")
