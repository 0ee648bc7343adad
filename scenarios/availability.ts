/**
 * What clients got while nodes failed, node by node: before, during and after. Told from the history and the faults, not
 * from what any node believes of itself.
 *
 * As the original's tests do (mmts 8.1: inject, clear the counters, wait, read), "during" begins only when the cluster has
 * had time to notice: one and a half times the silence after which a peer is suspected. What is lost until then is told
 * apart, as the pause of all writes.
 */
import type { NodeId } from "../protocol/members.ts";
import type { FactOf } from "./facts.ts";
import type { Fault } from "./faults.ts";
import type { History, Micros, TransactionRecord } from "./history.ts";
import type { Scenario } from "./scenario.ts";

export interface Availability {
  readonly nodes: readonly NodeAvailability[];
  /** When the first fault came, and when the last was undone; null if it never was, or none came. */
  readonly failedAt: Micros | null;
  readonly healedAt: Micros | null;
  /** The longest time from the failure on in which no client anywhere was told of the commit of an update. */
  readonly pauseUs: Micros;
  /** The same of the time before it: how long such pauses are when all is well. */
  readonly usualPauseUs: Micros;
}

export interface NodeAvailability {
  readonly node: NodeId;
  readonly before: Service;
  /** Null if all was over before the cluster can have noticed. */
  readonly during: Service | null;
  /** Null if the failure was not healed while there were clients. */
  readonly after: Service | null;
  /** From the heal to the first commit of an update that a client of this node began after it; null if there was none. */
  readonly backAfterUs: Micros | null;
}

/** Of the transactions whose clients had their last answer in some time. */
export interface Service {
  readonly asked: number;
  readonly committed: number;
  /** Of the committed, those that wrote. */
  readonly updates: number;
  /** Not even begun: the node turned its client away. A node that is down does not, it gives no answer. */
  readonly refused: number;
}

export type FaultAt = { readonly at: Micros } & Pick<FactOf<"fault">, "fault" | "forUs">;

export function availabilityOf(
  scenario: Scenario,
  history: History,
  faults: readonly FaultAt[],
): Availability {
  const { duration, nodes } = scenario;
  const failedAt = faults[0]?.at ?? null;
  const healedAt = healingTime(faults);
  const from = failedAt ?? duration;
  const noticed = from + 1.5 * patienceOf(scenario);
  const healed = healedAt ?? duration;
  const commits = updateTimes(history);
  const serviceOf = (node: NodeId, begin: Micros, end: Micros): Service =>
    countService(history.transactions, node, begin, end);
  return {
    failedAt,
    healedAt,
    pauseUs: failedAt === null ? 0 : longestPause(commits, from, duration),
    usualPauseUs: longestPause(commits, 0, from),
    nodes: Array.from({ length: nodes }, (_, index): NodeAvailability => {
      const node = index + 1;
      return {
        node,
        before: serviceOf(node, 0, from),
        during: noticed < healed ? serviceOf(node, noticed, healed) : null,
        after: healed < duration ? serviceOf(node, healed, Number.POSITIVE_INFINITY) : null,
        backAfterUs: healedAt === null ? null : timeToFirstUpdate(history, node, healedAt),
      };
    }),
  };
}

/** The silence after which a peer is suspected. */
export function patienceOf({ protocol }: Scenario): Micros {
  return protocol.suspectBeats * protocol.heartbeat;
}

/** When clients anywhere were told of the commit of an update, in order. */
export function updateTimes({ transactions }: History): Micros[] {
  const times: Micros[] = [];
  for (const transaction of transactions) if (isUpdate(transaction)) times.push(transaction.endedAt);
  return times.sort((one, other) => one - other);
}

/** The longest time without any of `times`, of what lies between `from` and `until`. */
export function longestPause(times: readonly Micros[], from: Micros, until: Micros): Micros {
  let longest = 0;
  let last = from;
  for (const time of times) {
    if (time < from) continue;
    if (time >= until) break;
    longest = Math.max(longest, time - last);
    last = time;
  }
  return Math.max(longest, until - last);
}

/** From `healedAt` to the first commit of an update that a client of this node began after it. */
export function timeToFirstUpdate({ transactions }: History, node: NodeId, healedAt: Micros): Micros | null {
  let first: Micros | null = null;
  for (const transaction of transactions) {
    const { beganAt, endedAt } = transaction;
    if (transaction.node !== node || beganAt < healedAt || !isUpdate(transaction)) continue;
    if (first === null || endedAt < first) first = endedAt;
  }
  return first === null ? null : first - healedAt;
}

/** When the last fault was undone; null if one never was. */
export function healingTime(faults: readonly FaultAt[]): Micros | null {
  let healed: Micros | null = null;
  for (const { at, fault, forUs } of faults) {
    const end = endOf(at, fault, forUs, faults);
    if (end === null) return null;
    healed = Math.max(healed ?? 0, end);
  }
  return healed;
}

const MENDS: ReadonlySet<Fault["kind"]> = new Set(["restart", "resume", "heal"]);

function endOf(at: Micros, { kind }: Fault, forUs: Micros | null, faults: readonly FaultAt[]): Micros | null {
  if (forUs !== null) return at + forUs;
  if (MENDS.has(kind)) return at;
  return faults.find((other) => other.at >= at && MENDS.has(other.fault.kind))?.at ?? null;
}

function isUpdate({ outcome, gid }: TransactionRecord): boolean {
  return outcome === "committed" && gid !== 0;
}

function countService(
  transactions: readonly TransactionRecord[],
  node: NodeId,
  begin: Micros,
  end: Micros,
): Service {
  const count = { asked: 0, committed: 0, updates: 0, refused: 0 };
  for (const transaction of transactions) {
    const { endedAt, outcome, operations } = transaction;
    if (transaction.node !== node || endedAt < begin || endedAt >= end) continue;
    count.asked += 1;
    if (outcome === "committed") count.committed += 1;
    if (isUpdate(transaction)) count.updates += 1;
    if (outcome === "aborted" && operations.length === 0) count.refused += 1;
  }
  return count;
}
