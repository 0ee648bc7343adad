/**
 * The director: runs a workload's client programs against a world, and keeps their history.
 *
 * It is driven by the world and keeps its state as plain data. A client whose node is gone
 * comes back in a new session and tries again; what it was told is all that it knows, so a COMMIT whose answer was
 * lost is "unknown".
 */
import type { Answer, Request } from "../protocol/client.ts";
import type { Csn } from "../protocol/csn.ts";
import type { Isolation, SqlError, Statement } from "../protocol/database.ts";
import type { Gid } from "../protocol/gid.ts";
import type { NodeId } from "../protocol/members.ts";
import type { ClientOutcome, History, Micros, Operation, TransactionRecord } from "./history.ts";
import type { ClientAction, ClientEvent, Workload } from "./workloads/workload.ts";
import type { World } from "./world.ts";

export interface Director {
  readonly world: World;
  readonly next: Workload<unknown>["next"];
  /** All that changes, and nothing but data: a checkpoint clones it. */
  state: DirectorState;
}

export interface DirectorState {
  readonly clients: Client[];
  readonly history: History;
  readonly keepHistory: boolean;
  /** By session: transactions whose client has disconnected, and which may be prepared only now. */
  readonly left: Map<number, TransactionRecord>;
  /** From then on no client begins a transaction. */
  stopAt: Micros;
  /** Clients that are neither stopped nor between transactions. */
  active: number;
  /** Transactions by how they ended, whether or not the history is kept. */
  readonly ended: Record<ClientOutcome, number>;
}

interface Client {
  readonly index: number;
  readonly node: NodeId;
  readonly role: string;
  /** Name of its random stream. */
  readonly stream: string;
  memory: unknown;
  session: number;
  state: "resting" | "waiting for an answer" | "stopped";
  /** What the present transaction awaits. */
  asked: Request["type"];
  /** Of the last transaction if it was aborted, so that the next attempt keeps its place in line; else 0. */
  age: Csn;
  transaction: TransactionRecord | null;
  operation: Operation | null;
}

/** How long a client whose connection was refused waits. */
const RECONNECT_US = 50_000;
/** Clients begin within so long of each other. */
const STARTUP_US = 5_000;

export function createDirector(
  world: World,
  workload: Workload<unknown>,
  stopAt: Micros,
  keepHistory: boolean,
): Director {
  const clients = workload.clients.map((program, index): Client => {
    return {
      index,
      node: program.node,
      role: program.role,
      stream: `client/${index + 1}`,
      memory: program.memory,
      session: index + 1,
      state: "resting",
      asked: "begin",
      age: 0,
      transaction: null,
      operation: null,
    };
  });
  const state: DirectorState = {
    clients,
    history: { transactions: [] },
    keepHistory,
    left: new Map(),
    stopAt,
    active: 0,
    ended: { open: 0, committed: 0, aborted: 0, unknown: 0 },
  };
  return { world, next: workload.next, state };
}

export function startDirector(director: Director): void {
  const random = director.world.random("director");
  for (const client of director.state.clients) {
    director.world.wake(client.index, Math.floor(random() * STARTUP_US));
  }
}

/** A client's pause is over. */
export function wakeClient(director: Director, index: number): void {
  const client = clientAt(director, index);
  if (client.state !== "resting") return;
  if (director.world.now() >= director.state.stopAt) return stop(client);
  act(director, client, { type: "ready" });
}

export function answerClient(director: Director, session: number, answer: Answer): void {
  const client = clientOf(director, session);
  // The client has given this session up.
  if (client.session !== session || client.state !== "waiting for an answer") return;
  switch (answer.type) {
    case "begun":
      client.age = answer.age;
      return act(director, client, { type: "begun" });
    case "executed":
      completeOperation(director, client, answer.result, null);
      return act(director, client, { type: "executed", result: answer.result });
    case "failed":
      completeOperation(director, client, null, answer.error);
      noteError(client, answer.error);
      return request(director, client, { type: "rollback" });
    case "committed":
      if (client.transaction !== null) client.transaction.csn = answer.csn;
      client.age = 0;
      return end(director, client, "committed");
    case "aborted":
      completeOperation(director, client, null, answer.error);
      noteError(client, answer.error);
      return end(director, client, "aborted");
    case "rolledBack":
      return end(director, client, "aborted");
  }
}

/**
 * The session's transaction is being prepared under this gid. Its client does not know it, but the history does: so a
 * COMMIT whose answer is lost can be told from one that never was.
 */
export function noteGid(director: Director, session: number, gid: Gid): void {
  const client = clientOf(director, session);
  const transaction = client.session === session ? client.transaction : director.state.left.get(session);
  if (transaction !== undefined && transaction !== null) transaction.gid = gid;
}

/** Every connection of a client with the node ends; what is under way there goes on without its client. */
export function disconnectClients(director: Director, node: NodeId): void {
  for (const client of director.state.clients) {
    if (client.node !== node || client.state === "stopped") continue;
    director.world.request(node, client.session, { type: "disconnect" });
    if (client.transaction !== null) director.state.left.set(client.session, client.transaction);
  }
  loseSessions(director, node);
}

/** The node is gone, and every session at it. */
export function loseSessions(director: Director, node: NodeId): void {
  for (const client of director.state.clients) {
    if (client.node !== node || client.state === "stopped") continue;
    client.session += director.state.clients.length;
    if (client.state !== "waiting for an answer") continue;
    client.age = 0;
    end(director, client, client.asked === "commit" ? "unknown" : "aborted");
  }
}

/** Whether every client has stopped or rests. */
export function isIdle(director: Director): boolean {
  return director.state.active === 0;
}

function act(director: Director, client: Client, event: ClientEvent): void {
  const random = director.world.random(client.stream);
  const action: ClientAction = director.next(client.memory, event, random);
  switch (action.type) {
    case "begin":
      return begin(director, client, action.isolation);
    case "execute":
      startOperation(director, client, action.statement);
      return request(director, client, { type: "execute", statement: action.statement });
    case "commit":
    case "rollback":
      if (client.transaction !== null) client.transaction.endingAt = director.world.now();
      return request(director, client, { type: action.type });
    case "pause":
      director.world.wake(client.index, action.forUs);
      return;
    case "stop":
      return stop(client);
  }
}

function begin(director: Director, client: Client, isolation: Isolation): void {
  if (!director.world.request(client.node, client.session, { type: "begin", isolation, age: client.age })) {
    director.world.wake(client.index, RECONNECT_US);
    return;
  }
  client.state = "waiting for an answer";
  client.asked = "begin";
  director.state.active += 1;
  director.state.ended.open += 1;
  if (director.state.keepHistory) recordTransaction(director, client, isolation);
}

function request(director: Director, client: Client, asked: Request): void {
  client.asked = asked.type;
  if (director.world.request(client.node, client.session, asked)) return;
  end(director, client, asked.type === "commit" ? "unknown" : "aborted");
}

function end(director: Director, client: Client, outcome: ClientOutcome): void {
  client.state = "resting";
  director.state.active -= 1;
  director.state.ended.open -= 1;
  director.state.ended[outcome] += 1;
  if (client.transaction !== null) {
    client.transaction.endedAt = director.world.now();
    client.transaction.outcome = outcome;
    client.transaction = null;
    client.operation = null;
  }
  act(director, client, { type: "ended", outcome });
}

function stop(client: Client): void {
  client.state = "stopped";
}

function recordTransaction(director: Director, client: Client, isolation: Isolation): void {
  const { transactions } = director.state.history;
  client.transaction = {
    id: transactions.length,
    session: client.session,
    node: client.node,
    isolation,
    beganAt: director.world.now(),
    operations: [],
    endingAt: -1,
    endedAt: -1,
    outcome: "open",
    gid: 0,
    csn: 0,
    error: null,
  };
  transactions.push(client.transaction);
}

function startOperation(director: Director, client: Client, statement: Statement): void {
  if (client.transaction === null) return;
  client.operation = {
    statement,
    invokedAt: director.world.now(),
    completedAt: -1,
    result: null,
    error: null,
  };
  client.transaction.operations.push(client.operation);
}

function completeOperation(
  director: Director,
  client: Client,
  result: Operation["result"],
  error: SqlError | null,
): void {
  if (client.operation === null) return;
  client.operation.completedAt = director.world.now();
  client.operation.result = result;
  client.operation.error = error;
  client.operation = null;
}

function noteError(client: Client, error: SqlError): void {
  if (client.transaction !== null) client.transaction.error = error;
}

function clientOf(director: Director, session: number): Client {
  return clientAt(director, (session - 1) % director.state.clients.length);
}

function clientAt(director: Director, index: number): Client {
  const client = director.state.clients[index];
  if (client === undefined) throw new Error(`there is no client ${index}`);
  return client;
}
