/**
 * A PostgreSQL of one transaction, as far as a commit protocol can tell: what is prepared, committed or rolled back,
 * durably. Rows and locks are left out. Commands are carried out one after another; when is the scheduler's choice.
 */
import type { Csn } from "../../protocol/csn.ts";
import type { DatabaseCommand, DatabaseReply, FinishedMark, PrepareLabel } from "../../protocol/database.ts";

export interface Database {
  /** Taken, and not yet carried out. */
  readonly commands: readonly DatabaseCommand[];
  /** Of what is carried out, and not yet heard. */
  readonly replies: readonly DatabaseReply[];
  readonly prepared: PrepareLabel | null;
  /** The outcome row: its CSN, or 0 if there is none. */
  readonly committed: Csn;
  readonly finished: readonly FinishedMark[];
  /** The PREPARE of a client's own transaction, in the WAL from which peers read. */
  readonly written: PrepareLabel | null;
}

/** Something that cannot happen to a node that keeps to its host's contract. */
export class DatabaseMisuse extends Error {
  override name = "DatabaseMisuse";
}

export const EMPTY_DATABASE: Database = {
  commands: [],
  replies: [],
  prepared: null,
  committed: 0,
  finished: [],
  written: null,
};

/** Only what takes locks can fail. */
export function canFail(command: DatabaseCommand | undefined): boolean {
  return command?.type === "apply" || command?.type === "prepare";
}

/** Carries out the first command; its reply, if it has one, is the last of `replies`. */
export function carryOutFirst(database: Database, fails: boolean): Database {
  const [command, ...commands] = database.commands;
  if (command === undefined) throw new Error("there is no command");
  const rest = { ...database, commands };
  if (fails) return withReply(rest, failureOf(command));
  switch (command.type) {
    case "apply":
      return withReply(rest, { type: "applied", gid: command.gid });
    case "prepare": {
      const written = command.session > 0 ? command.label : rest.written;
      const prepared = { ...rest, prepared: command.label, written };
      return withReply(prepared, { type: "prepared", gid: command.label.gid });
    }
    case "commitPrepared":
      if (rest.prepared === null) throw new DatabaseMisuse("COMMIT PREPARED of what is not prepared");
      return withReply(
        { ...rest, prepared: null, committed: command.csn },
        { type: "committedPrepared", gid: command.gid },
      );
    case "rollbackPrepared":
      if (rest.prepared === null) throw new DatabaseMisuse("ROLLBACK PREPARED of what is not prepared");
      return withReply({ ...rest, prepared: null }, { type: "rolledBackPrepared", gid: command.gid });
    case "rollback":
      return withReply(rest, { type: "rolledBack", session: command.session });
    case "forgetOutcomes": {
      const { coordinator, below } = command;
      return { ...rest, committed: 0, finished: [{ coordinator, below }] };
    }
    default:
      throw new Error(`this model has no ${command.type}`);
  }
}

/** What a crash leaves: the first of the commands under way may have been carried out, unheard. */
export function crashDatabase(database: Database, carriedOut: number): Database {
  let left = database;
  for (let count = 0; count < carriedOut; count++) left = carryOutFirst(left, false);
  return { ...left, commands: [], replies: [] };
}

function withReply(database: Database, reply: DatabaseReply): Database {
  return { ...database, replies: [...database.replies, reply] };
}

function failureOf(command: DatabaseCommand): DatabaseReply {
  const session = command.type === "apply" ? -command.gid : command.type === "prepare" ? command.session : 0;
  return { type: "failed", session, error: { code: "40001", message: "could not serialize access" } };
}
