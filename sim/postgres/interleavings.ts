/**
 * What stock PostgreSQL does when transactions meet on one server, as session logs (`play` in lab.ts says how to read
 * them). Every log was typed into PostgreSQL 15.18 and 18.4, and shows what both answered. The tables are those of
 * createLab: `a` (id, v, unique u) holds 1, 2, 3; `p` (id, v, unique u) holds 1, 2; `c` (id, pid references p, v)
 * holds 10, a child of 1.
 */
export interface Interleaving {
  readonly name: string;
  readonly log: string;
}

const UPDATED = "40001 could not serialize access due to concurrent update";
const DELETED = "40001 could not serialize access due to concurrent delete";
const DUPLICATE_KEY = '23505 duplicate key value violates unique constraint "a_pkey"';
const DUPLICATE_U = '23505 duplicate key value violates unique constraint "a_u_key"';
const NO_PARENT = '23503 insert or update on table "c" violates foreign key constraint "c_pid_fkey"';
const CHILDREN =
  '23503 update or delete on table "p" violates foreign key constraint "c_pid_fkey" on table "c"';

export const INTERLEAVINGS: readonly Interleaving[] = [
  // Snapshots
  {
    name: "nobody reads what is not committed, and REPEATABLE READ keeps its first snapshot",
    log: `
      1 begin rr => begun
      2 begin rc => begun
      3 begin rr => begun
      3 select a 1 => [1 10 100]
      1 update a 1 v+=1 => 1
      1 select a 1 => [1 11 100]
      2 select a 1 => [1 10 100]
      1 commit => committed
      2 select a 1 => [1 11 100]
      3 select a 1 => [1 10 100]
      3 commit => committed`,
  },
  {
    name: "the snapshot is taken by the first statement, not by BEGIN",
    log: `
      1 begin rr => begun
      2 begin rc => begun
      2 update a 1 v=5 => 1
      2 commit => committed
      1 select a 1 => [1 5 100]`,
  },
  {
    name: "a transaction sees its own writes, and a deleted row no more",
    log: `
      1 begin rr => begun
      1 insert a 9 1 900 => 1
      1 update a 9 v+=1 => 1
      1 delete a 2 => 1
      1 select a all => [1 10 100] [3 30 300] [9 2 900]
      1 select a 9 2 1 9 => [1 10 100] [9 2 900]
      1 rollback => rolledBack
      1 begin rr => begun
      1 select a all => [1 10 100] [2 20 200] [3 30 300]`,
  },
  {
    name: "a prepared transaction is invisible until COMMIT PREPARED",
    log: `
      1 begin rc => begun
      1 update a 1 v+=1 => 1
      1 prepare 7 => prepared
      2 begin rc => begun
      2 select a 1 => [1 10 100]
      commit 7 => committedPrepared
      2 select a 1 => [1 11 100]`,
  },
  // Theory 5.2
  {
    name: "REPEATABLE READ: a row that a prepared transaction updates after the snapshot gives 40001",
    log: `
      2 begin rr => begun
      2 select a 2 => [2 20 200]
      1 begin rc => begun
      1 update a 1 v=11 => 1
      1 prepare 7 => prepared
      2 update a 1 v+=1 => waits
      commit 7 => committedPrepared; 2: ${UPDATED}`,
  },
  {
    name: "READ COMMITTED: the same waits, reads again and goes on",
    log: `
      2 begin rc => begun
      2 select a 2 => [2 20 200]
      1 begin rc => begun
      1 update a 1 v+=1 => 1
      1 prepare 7 => prepared
      2 update a 1 v+=1 => waits
      commit 7 => committedPrepared; 2: 1
      2 select a 1 => [1 12 100]`,
  },
  {
    name: "ROLLBACK PREPARED lets both go on with the old row",
    log: `
      1 begin rc => begun
      1 update a 1 v=99 => 1
      1 prepare 7 => prepared
      2 begin rr => begun
      2 update a 1 v+=1 => waits
      rollback 7 => rolledBackPrepared; 2: 1
      2 select a 1 => [1 11 100]`,
  },
  {
    name: "SELECT FOR UPDATE and its row lock survive PREPARE",
    log: `
      1 begin rc => begun
      1 select a 1 for update => [1 10 100]
      1 prepare 7 => prepared
      2 begin rc => begun
      2 update a 1 v=1 => waits
      commit 7 => committedPrepared; 2: 1`,
  },
  // REPEATABLE READ conflicts
  {
    name: "REPEATABLE READ: what was changed after the snapshot fails at once, without waiting",
    log: `
      1 begin rr => begun
      1 select a 2 => [2 20 200]
      2 begin rc => begun
      2 update a 1 v=1 => 1
      2 commit => committed
      3 begin rc => begun
      3 update a 1 v=2 => 1
      1 update a 1 v=3 => ${UPDATED}
      1 select a 2 => 25P02
      1 commit => rolledBack
      3 commit => committed`,
  },
  {
    name: "REPEATABLE READ: update and delete of a row that was deleted, or updated and then deleted",
    log: `
      1 begin rr => begun
      1 select a 3 => [3 30 300]
      2 begin rr => begun
      2 select a 3 => [3 30 300]
      3 begin rc => begun
      3 delete a 1 => 1
      3 commit => committed
      3 begin rc => begun
      3 update a 2 v=1 => 1
      3 commit => committed
      3 begin rc => begun
      3 delete a 2 => 1
      3 commit => committed
      1 update a 1 v=1 => ${DELETED}
      2 delete a 2 => ${UPDATED}`,
  },
  {
    name: "REPEATABLE READ: a wait for a deletion, a rollback, and a lock",
    log: `
      1 begin rr => begun
      1 select a 3 => [3 30 300]
      2 begin rc => begun
      2 delete a 1 => 1
      1 update a 1 v=1 => waits
      2 commit => committed; 1: ${DELETED}
      1 rollback => rolledBack
      1 begin rr => begun
      2 begin rc => begun
      2 delete a 2 => 1
      1 select a 2 for update => waits
      2 commit => committed; 1: ${UPDATED}
      1 rollback => rolledBack
      1 begin rr => begun
      2 begin rc => begun
      2 delete a 3 => 1
      1 update a 3 v+=1 => waits
      2 rollback => rolledBack; 1: 1
      1 select a 3 => [3 31 300]`,
  },
  {
    name: "REPEATABLE READ: FOR KEY SHARE takes the old version of a row whose key is as it was; FOR SHARE does not",
    log: `
      1 begin rr => begun
      1 select a 2 => [2 20 200]
      3 begin rr => begun
      3 select a 2 => [2 20 200]
      2 begin rc => begun
      2 update a 1 v=99 => 1
      2 commit => committed
      1 select a 1 for key share => [1 10 100]
      3 select a 1 for share => ${UPDATED}
      1 update a 1 v=1 => ${UPDATED}`,
  },
  {
    name: "REPEATABLE READ: FOR KEY SHARE of a row that was deleted, or whose unique column changed",
    log: `
      1 begin rr => begun
      1 select a 3 => [3 30 300]
      2 begin rr => begun
      2 select a 3 => [3 30 300]
      3 begin rc => begun
      3 delete a 1 => 1
      3 update a 2 u=222 => 1
      3 commit => committed
      1 select a 1 for key share => ${UPDATED}
      2 select a 2 for key share => ${UPDATED}`,
  },
  {
    name: "REPEATABLE READ: whoever waits behind another fails as soon as the row has changed",
    log: `
      1 begin rc => begun
      1 update a 1 v+=1 => 1
      2 begin rc => begun
      2 select a 1 for share => waits
      3 begin rr => begun
      3 update a 1 v=3 => waits
      1 commit => committed; 2: [1 11 100]; 3: ${UPDATED}`,
  },
  {
    name: "REPEATABLE READ: FOR KEY SHARE of a row whose updater had locked it FOR UPDATE first",
    log: `
      1 begin rr => begun
      1 select a 3 => [3 30 300]
      2 begin rr => begun
      2 select p 1 => [1 0 1]
      4 begin rr => begun
      4 select a 3 => [3 30 300]
      3 begin rc => begun
      3 select a 1 for update => [1 10 100]
      3 update a 1 v=11 => 1
      3 select p 2 for update => [2 0 2]
      3 update p 2 v=1 => 1
      3 update a 2 v=1 => 1
      3 select a 2 for update => [2 1 200]
      3 update a 2 v=2 => 1
      3 commit => committed
      1 select a 1 for key share => ${UPDATED}
      2 insert c 20 2 0 => ${UPDATED}
      4 select a 2 for key share => ${UPDATED}`,
  },
  {
    name: "REPEATABLE READ: a lost wait lasts as long as somebody holds the row that it was for",
    log: `
      1 begin rc => begun
      1 update a 1 v+=4 => 1
      3 begin rc => begun
      3 select a 1 for key share => [1 10 100]
      4 begin rr => begun
      4 update a 1 u=200 => waits
      1 commit => committed
      3 commit => committed; 4: ${UPDATED}`,
  },
  {
    name: "REPEATABLE READ: and so it does for one who itself holds the row",
    log: `
      4 begin rr => begun
      4 select a 1 for key share => [1 10 100]
      3 begin rc => begun
      3 select a 1 for key share => [1 10 100]
      1 begin rc => begun
      1 update a 1 v=11 => 1
      4 update a 1 u=200 => waits
      1 commit => committed
      3 commit => committed; 4: ${UPDATED}`,
  },
  // READ COMMITTED goes on
  {
    name: "READ COMMITTED: whoever waited for a deletion finds nothing",
    log: `
      1 begin rc => begun
      1 delete a 1 => 1
      2 begin rc => begun
      2 update a 1 v=1 => waits
      1 commit => committed; 2: 0
      3 begin rc => begun
      3 delete a 2 => 1
      4 begin rc => begun
      4 select a 1 2 3 for update => waits
      3 commit => committed; 4: [3 30 300]`,
  },
  {
    name: "READ COMMITTED: a row that was deleted and inserted again stays not found for the statement",
    log: `
      1 begin rc => begun
      1 delete a 1 => 1
      1 insert a 1 5 5 => 1
      2 begin rc => begun
      2 update a 1 v+=1 => waits
      1 commit => committed; 2: 0
      2 update a 1 v+=1 => 1
      2 select a 1 => [1 6 5]`,
  },
  {
    name: "READ COMMITTED: a row that was updated and then deleted is as gone, inserted again or not",
    log: `
      1 begin rc => begun
      1 update a 1 v=5 => 1
      1 delete a 1 => 1
      1 update a 2 v=5 => 1
      1 delete a 2 => 1
      1 insert a 2 6 6 => 1
      2 begin rc => begun
      2 update a 1 v=7 => waits
      3 begin rc => begun
      3 select a 2 3 for update => waits
      1 commit => committed; 2: 0; 3: [3 30 300]`,
  },
  {
    name: "READ COMMITTED: a locking SELECT returns each row as it is when it is locked",
    log: `
      1 begin rc => begun
      1 update a 1 v=11 => 1
      2 begin rc => begun
      2 select a 3 1 2 for update => waits
      3 begin rc => begun
      3 update a 2 v=22 => 1
      3 delete a 3 => 1
      3 insert a 4 40 400 => 1
      3 commit => committed
      1 commit => committed; 2: [1 11 100] [2 22 200]`,
  },
  {
    name: "READ COMMITTED: a locking scan that waits in the middle neither repeats a row nor takes a new one",
    log: `
      1 begin rc => begun
      1 update a 2 v=5 => 1
      2 begin rc => begun
      2 select a all for update => waits
      3 begin rc => begun
      3 insert a 0 0 0 => 1
      3 delete a 3 => 1
      3 commit => committed
      1 commit => committed; 2: [1 10 100] [2 5 200]`,
  },
  {
    name: "an update does not find a row that somebody is inserting, and does not wait for it",
    log: `
      1 begin rc => begun
      1 insert a 9 9 900 => 1
      2 begin rc => begun
      2 update a 9 v=1 => 0
      2 select a 9 for update => 0
      2 delete a 9 => 0
      1 commit => committed`,
  },
  // Locks
  {
    name: "a lock that conflicts with no holder overtakes those who wait",
    log: `
      1 begin rc => begun
      1 select a 1 for share => [1 10 100]
      2 begin rc => begun
      2 update a 1 v=1 => waits
      3 begin rc => begun
      3 select a 1 for share => [1 10 100]
      3 commit => committed
      1 commit => committed; 2: 1`,
  },
  {
    name: "FOR NO KEY UPDATE overtakes FOR UPDATE that waits for FOR KEY SHARE, and makes it wait longer",
    log: `
      1 begin rc => begun
      1 select a 1 for key share => [1 10 100]
      2 begin rc => begun
      2 select a 1 for update => waits
      3 begin rc => begun
      3 select a 1 for no key update => [1 10 100]
      1 commit => committed
      3 commit => committed; 2: [1 10 100]`,
  },
  {
    name: "FOR KEY SHARE does not wait for an update, FOR SHARE does",
    log: `
      1 begin rc => begun
      1 update a 1 v=1 => 1
      2 begin rc => begun
      2 select a 1 for key share => [1 10 100]
      3 begin rc => begun
      3 select a 1 for share => waits
      1 commit => committed; 3: [1 1 100]
      2 select a 1 for key share => [1 1 100]`,
  },
  {
    name: "one of two sharers who wants more goes before a stranger who waited first",
    log: `
      1 begin rc => begun
      1 select a 1 for share => [1 10 100]
      2 begin rc => begun
      2 select a 1 for share => [1 10 100]
      3 begin rc => begun
      3 update a 1 v=0 => waits
      1 update a 1 v=1 => waits
      2 commit => committed; 1: 1
      1 commit => committed; 3: 1`,
  },
  {
    name: "the only holder raises its lock past the queue",
    log: `
      1 begin rc => begun
      1 select a 1 for key share => [1 10 100]
      2 begin rc => begun
      2 select a 1 for update => waits
      1 update a 1 v=1 => 1
      1 commit => committed; 2: [1 1 100]`,
  },
  {
    name: "an update of a unique column conflicts with FOR KEY SHARE, unless the value stays",
    log: `
      1 begin rc => begun
      1 select a 1 for key share => [1 10 100]
      2 begin rc => begun
      2 update a 1 u=100 v=1 => 1
      2 commit => committed
      2 begin rc => begun
      2 update a 1 u=101 => waits
      1 commit => committed; 2: 1`,
  },
  {
    name: "a statement that fails frees the rows of its transaction at once",
    log: `
      1 begin rc => begun
      1 update a 1 v=1 => 1
      1 insert a 2 0 0 => ${DUPLICATE_KEY}
      2 begin rc => begun
      2 update a 1 v=2 => 1
      1 update a 3 v=1 => 25P02
      1 rollback => rolledBack`,
  },
  // Unique constraints
  {
    name: "an insert waits for an insert of its key, and fails or goes on",
    log: `
      1 begin rc => begun
      1 insert a 5 0 500 => 1
      2 begin rc => begun
      2 insert a 5 1 501 => waits
      1 rollback => rolledBack; 2: 1
      3 begin rr => begun
      3 insert a 5 2 502 => waits
      2 commit => committed; 3: ${DUPLICATE_KEY}`,
  },
  {
    name: "an insert waits for an update of the row with its key, though that does not change the key",
    log: `
      1 begin rc => begun
      1 update a 1 v=1 => 1
      2 begin rc => begun
      2 insert a 1 0 0 => waits
      1 commit => committed; 2: ${DUPLICATE_KEY}`,
  },
  {
    name: "an insert does not wait for those who only lock the row with its key or value",
    log: `
      1 begin rc => begun
      1 select a 1 for update => [1 10 100]
      2 begin rc => begun
      2 insert a 1 0 0 => ${DUPLICATE_KEY}
      3 begin rc => begun
      3 insert a 8 0 100 => ${DUPLICATE_U}`,
  },
  {
    name: "an insert waits for a deletion of the row with its key",
    log: `
      1 begin rc => begun
      1 delete a 1 => 1
      2 begin rc => begun
      2 insert a 1 7 777 => waits
      1 commit => committed; 2: 1
      2 select a 1 => [1 7 777]
      2 commit => committed
      1 begin rc => begun
      1 delete a 2 => 1
      2 begin rc => begun
      2 insert a 2 0 0 => waits
      1 rollback => rolledBack; 2: ${DUPLICATE_KEY}`,
  },
  {
    name: "REPEATABLE READ: an insert of a key that its snapshot does not see yet fails",
    log: `
      1 begin rr => begun
      1 select a 1 => [1 10 100]
      2 begin rc => begun
      2 insert a 9 9 900 => 1
      2 commit => committed
      1 insert a 9 7 7 => ${DUPLICATE_KEY}`,
  },
  {
    name: "unique column: two inserts of a value",
    log: `
      1 begin rc => begun
      1 insert a 5 0 500 => 1
      2 begin rc => begun
      2 insert a 6 0 500 => waits
      1 commit => committed; 2: ${DUPLICATE_U}`,
  },
  {
    name: "unique column: an update to a value whose insert is rolled back",
    log: `
      1 begin rc => begun
      1 insert a 5 0 500 => 1
      2 begin rc => begun
      2 update a 1 u=500 => waits
      1 rollback => rolledBack; 2: 1
      2 select a 1 => [1 10 500]`,
  },
  {
    name: "unique column: a value that an update is giving up",
    log: `
      1 begin rc => begun
      1 update a 1 u=101 => 1
      2 begin rc => begun
      2 insert a 6 0 100 => waits
      1 commit => committed; 2: 1
      1 begin rc => begun
      1 update a 2 v=0 => 1
      3 begin rc => begun
      3 insert a 7 0 200 => waits
      1 commit => committed; 3: ${DUPLICATE_U}`,
  },
  {
    name: "unique column: once the row that had a value is gone, nobody waits for a new row with its key",
    log: `
      1 begin rc => begun
      1 delete a 1 => 1
      2 begin rc => begun
      2 insert a 1 3 901 => waits
      3 begin rc => begun
      3 update a 3 u=100 => waits
      1 commit => committed; 2: 1; 3: 1`,
  },
  {
    name: "unique column: a value that a transaction has taken and left again is taken until it ends",
    log: `
      1 begin rc => begun
      1 update a 1 u=500 => 1
      1 update a 1 u=501 => 1
      2 begin rc => begun
      2 insert a 5 0 500 => waits
      1 commit => committed; 2: 1`,
  },
  {
    name: "unique column: nulls are equal to nothing, and a value may go and come back within a transaction",
    log: `
      1 begin rc => begun
      1 insert a 5 0 - => 1
      1 insert a 6 0 - => 1
      1 update a 1 u=111 => 1
      1 update a 1 u=112 => 1
      1 insert a 7 0 111 => 1
      1 update a 1 u=100 => 1
      1 insert a 8 0 112 => 1
      1 insert a 9 0 100 => ${DUPLICATE_U}`,
  },
  {
    name: "a null key is refused",
    log: `
      1 begin rc => begun
      1 insert a - 0 0 => 23502 null value in column "id" of relation "a" violates not-null constraint`,
  },
  // Foreign keys
  {
    name: "foreign key: a child waits for the deletion of its parent, and fails or goes on",
    log: `
      1 begin rc => begun
      1 delete p 2 => 1
      2 begin rc => begun
      2 insert c 20 2 0 => waits
      1 rollback => rolledBack; 2: 1
      2 rollback => rolledBack
      1 begin rc => begun
      1 delete p 2 => 1
      2 begin rc => begun
      2 insert c 20 2 0 => waits
      1 commit => committed; 2: ${NO_PARENT}`,
  },
  {
    name: "foreign key, REPEATABLE READ: a parent that is deleted after the snapshot gives 40001",
    log: `
      1 begin rr => begun
      1 select p 1 => [1 0 1]
      2 begin rr => begun
      2 select p 1 => [1 0 1]
      3 begin rc => begun
      3 delete p 2 => 1
      2 insert c 20 2 0 => waits
      3 commit => committed; 2: ${UPDATED}
      1 insert c 21 2 0 => ${UPDATED}`,
  },
  {
    name: "foreign key: no parent, a null, and a parent that is not there yet",
    log: `
      1 begin rc => begun
      1 insert c 20 - 0 => 1
      1 update c 10 pid=9 => ${NO_PARENT}
      2 begin rc => begun
      2 insert p 5 0 5 => 1
      3 begin rc => begun
      3 insert c 21 5 0 => ${NO_PARENT}
      4 begin rr => begun
      4 select p 1 => [1 0 1]
      2 commit => committed
      4 insert c 22 5 0 => ${NO_PARENT}`,
  },
  {
    name: "foreign key: a child does not wait for an update of its parent, except of a unique column",
    log: `
      1 begin rc => begun
      1 update p 2 v=1 => 1
      2 begin rc => begun
      2 insert c 20 2 0 => 1
      2 commit => committed
      1 commit => committed
      3 begin rr => begun
      3 select p 1 => [1 0 1]
      1 begin rc => begun
      1 update p 2 u=77 => 1
      2 begin rc => begun
      2 insert c 21 2 0 => waits
      1 commit => committed; 2: 1
      3 insert c 22 2 0 => ${UPDATED}`,
  },
  {
    name: "foreign key, REPEATABLE READ: a parent that was updated after the snapshot is no conflict",
    log: `
      1 begin rr => begun
      1 select p 1 => [1 0 1]
      2 begin rc => begun
      2 update p 2 v=1 => 1
      2 commit => committed
      1 insert c 20 2 0 => 1
      1 commit => committed`,
  },
  {
    name: "foreign key: a parent with children stays, and one whose child is being inserted waits",
    log: `
      1 begin rc => begun
      1 delete p 1 => ${CHILDREN}
      2 begin rc => begun
      2 insert c 20 2 0 => 1
      3 begin rr => begun
      3 select p 1 => [1 0 1]
      3 delete p 2 => waits
      4 begin rc => begun
      4 insert c 21 2 0 => 1
      2 commit => committed
      4 commit => committed; 3: ${CHILDREN}`,
  },
  {
    name: "foreign key: a parent whose child's insert is rolled back can go",
    log: `
      1 begin rc => begun
      1 insert c 20 2 0 => 1
      2 begin rr => begun
      2 delete p 2 => waits
      1 rollback => rolledBack; 2: 1
      2 commit => committed`,
  },
  {
    name: "foreign key, REPEATABLE READ: children of after the snapshot count, and those gone since do not",
    log: `
      1 begin rr => begun
      1 select p 1 => [1 0 1]
      2 begin rr => begun
      2 select p 1 => [1 0 1]
      3 begin rc => begun
      3 insert c 20 2 0 => 1
      3 delete c 10 => 1
      3 commit => committed
      1 delete p 2 => ${CHILDREN}
      2 delete p 1 => 1`,
  },
  {
    name: "foreign key: deleting a parent waits for who is deleting its child",
    log: `
      1 begin rc => begun
      1 delete c 10 => 1
      2 begin rc => begun
      2 delete p 1 => waits
      1 rollback => rolledBack; 2: ${CHILDREN}
      1 begin rc => begun
      1 delete c 10 => 1
      2 rollback => rolledBack
      2 begin rc => begun
      2 delete p 1 => waits
      1 commit => committed; 2: 1
      2 commit => committed`,
  },
  {
    name: "foreign key, REPEATABLE READ: a child that is deleted while its parent's deletion waits for it gives 40001",
    log: `
      1 begin rc => begun
      1 delete c 10 => 1
      2 begin rr => begun
      2 delete p 1 => waits
      1 commit => committed; 2: ${UPDATED}`,
  },
  {
    name: "foreign key: a child that is only being updated, or moved away, is in the way",
    log: `
      1 begin rc => begun
      1 update c 10 v=3 => 1
      2 begin rc => begun
      2 delete p 1 => ${CHILDREN}
      1 rollback => rolledBack
      1 begin rc => begun
      1 update c 10 pid=2 => 1
      2 rollback => rolledBack
      2 begin rc => begun
      2 delete p 1 => ${CHILDREN}
      3 begin rc => begun
      3 delete p 2 => waits
      1 commit => committed; 3: ${CHILDREN}`,
  },
  {
    name: "foreign key: the own child goes first, and an update that keeps the parent does not lock it",
    log: `
      1 begin rc => begun
      1 update c 10 v=1 pid=1 => 1
      2 begin rc => begun
      2 select p 1 for update => [1 0 1]
      2 commit => committed
      1 delete c 10 => 1
      1 delete p 1 => 1
      1 commit => committed`,
  },
  {
    name: "foreign key: a second update of a child by one transaction locks the parent, though it keeps it",
    log: `
      1 begin rc => begun
      1 update c 10 v=1 => 1
      2 begin rc => begun
      2 select p 1 for update => [1 0 1]
      2 commit => committed
      1 update c 10 v=2 => 1
      2 begin rc => begun
      2 select p 1 for update => waits
      1 commit => committed; 2: [1 0 1]`,
  },
  {
    name: "foreign key, READ COMMITTED: a parent that was committed while its child's insert waited is found",
    log: `
      1 begin rc => begun
      1 insert c 20 1 0 => 1
      2 begin rc => begun
      2 insert c 20 5 0 => waits
      3 begin rc => begun
      3 insert p 5 0 5 => 1
      3 commit => committed
      1 rollback => rolledBack; 2: 1
      2 commit => committed`,
  },
  {
    name: "foreign key, READ COMMITTED: a child that moves away while its parent's deletion waits is no longer one",
    log: `
      1 begin rc => begun
      1 select c 10 for update => [10 1 0]
      1 update c 10 pid=2 => 1
      2 begin rc => begun
      2 delete p 1 => waits
      1 commit => committed; 2: 1`,
  },
  {
    name: "foreign key: key and unique constraints come first",
    log: `
      1 begin rc => begun
      1 insert c 20 1 0 => 1
      2 begin rc => begun
      2 insert c 20 7 0 => waits
      1 rollback => rolledBack; 2: ${NO_PARENT}`,
  },
  // Two-phase
  {
    name: "a failed transaction cannot be prepared, and its session is free behind the attempt",
    log: `
      1 begin rc => begun
      1 update a 1 v=1 => 1
      1 insert a 2 0 0 => ${DUPLICATE_KEY}
      1 prepare 7 => 25P02
      1 begin rc => begun
      1 update a 1 v+=1 => 1
      1 prepare 7 => prepared
      2 begin rc => begun
      2 update a 2 v=1 => 1
      2 prepare 7 => 42710
      2 begin rc => begun
      2 select a 1 2 => [1 10 100] [2 20 200]
      commit 7 => committedPrepared
      2 select a 1 2 => [1 11 100] [2 20 200]`,
  },
  {
    name: "COMMIT of a failed transaction rolls it back",
    log: `
      1 begin rc => begun
      1 update a 1 v=1 => 1
      1 insert a 1 0 0 => ${DUPLICATE_KEY}
      1 commit => rolledBack
      1 begin rc => begun
      1 select a 1 => [1 10 100]`,
  },
  {
    name: "a prepared transaction without writes can be committed and rolled back",
    log: `
      1 begin rc => begun
      1 select a 1 => [1 10 100]
      1 prepare 7 => prepared
      1 begin rr => begun
      1 select a 1 for share => [1 10 100]
      1 prepare 8 => prepared
      commit 7 => committedPrepared
      rollback 8 => rolledBackPrepared`,
  },
  {
    name: "no such table, no such column, and an addition to null",
    log: `
      1 begin rc => begun
      1 select zz all => 42P01
      1 rollback => rolledBack
      1 begin rc => begun
      1 update a 1 zz=1 => 42703
      1 rollback => rolledBack
      1 begin rc => begun
      1 update a 1 v=- => 1
      1 update a 1 v+=1 => 1
      1 select a 1 => [1 - 100]`,
  },
];
