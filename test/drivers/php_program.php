<?php
// What a program with PHP's extension does; the connection string is its only argument.
use MongoDB\Driver\{BulkWrite, Command, Manager, Query};

function check(string $what, bool $holds): void
{
    if (!$holds) {
        throw new Exception("$what does not hold");
    }
}

$manager = new Manager($argv[1], ['serverSelectionTimeoutMS' => 10000]);
$find = fn (array $filter, array $options = []) =>
    $manager->executeQuery('php.things', new Query($filter, $options))->toArray();
$run = fn (array $command, array $options = []) =>
    $manager->executeCommand('php', new Command($command), $options)->toArray();

$bulk = new BulkWrite();
$bulk->insert(['_id' => 1, 'name' => 'ä', 'n' => 2 ** 60]);
for ($i = 2; $i < 300; $i++) {
    $bulk->insert(['_id' => $i, 'n' => $i]);
}
check('insert', $manager->executeBulkWrite('php.things', $bulk)->getInsertedCount() === 299);
check('find', (array) $find(['_id' => 1])[0] === ['_id' => 1, 'name' => 'ä', 'n' => 2 ** 60]);
$sorted = array_column($find(['n' => ['$lt' => 300]], ['sort' => ['n' => -1]]), '_id');
check('sort', $sorted === range(299, 2));

$bulk = new BulkWrite();
$bulk->update(['_id' => 2], ['$inc' => ['n' => 5]]);
check('update', $manager->executeBulkWrite('php.things', $bulk)->getModifiedCount() === 1);
check('updated', $find(['_id' => 2])[0]->n === 7);

$index = ['key' => ['name' => 1], 'name' => 'name_1', 'unique' => true, 'sparse' => true];
$run(['createIndexes' => 'things', 'indexes' => [$index]]);
check('index', in_array('name_1', array_column($run(['listIndexes' => 'things']), 'name')));
try {
    $bulk = new BulkWrite();
    $bulk->insert(['_id' => 1000, 'name' => 'ä']);
    $manager->executeBulkWrite('php.things', $bulk);
    throw new Exception('the unique index let a duplicate in');
} catch (MongoDB\Driver\Exception\BulkWriteException $e) {
    check('duplicate', $e->getWriteResult()->getWriteErrors()[0]->getCode() === 11000);
}

$pipeline = [
    ['$match' => ['_id' => ['$gt' => 2]]],
    ['$group' => ['_id' => null, 'sum' => ['$sum' => '$n']]],
];
$groups = $run(['aggregate' => 'things', 'pipeline' => $pipeline, 'cursor' => (object) []]);
check('aggregate', array_column($groups, 'sum') === [array_sum(range(3, 299))]);

$insert = function (string $id, $session) use ($manager) {
    $bulk = new BulkWrite();
    $bulk->insert(['_id' => $id]);
    $manager->executeBulkWrite('php.things', $bulk, ['session' => $session]);
};
$session = $manager->startSession();
$session->startTransaction();
$insert('kept', $session);
check('isolation', $find(['_id' => 'kept']) === []);
$session->commitTransaction();
$session->startTransaction();
$insert('gone', $session);
$session->abortTransaction();
check('transaction', count($find(['_id' => ['$in' => ['kept', 'gone']]])) === 1);

$bulk = new BulkWrite();
$bulk->delete([]);
check('delete', $manager->executeBulkWrite('php.things', $bulk)->getDeletedCount() === 300);
echo "done\n";
