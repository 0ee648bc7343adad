/**
 * What a run cost: messages, network delays and forced writes for each commit, in the terms of theory 2.8, and how long
 * commits took and rows stayed locked.
 *
 * A message is one between nodes about a transaction; shipping a write set to one member counts as its PREPARE message.
 * Delays are one-way trips in sequence from the coordinator's PREPARE to its answer to the client: each message makes
 * its receiver one trip later than its sender. A forced write is a PREPARE, a COMMIT or ROLLBACK PREPARED, or a forced
 * log record of a transaction.
 */
import type { StreamChange } from "../protocol/database.ts";
import { coordinatorOf, type Gid } from "../protocol/gid.ts";
import type { NodeId } from "../protocol/members.ts";
import type { Message } from "../protocol/messages.ts";
import type { Ledger } from "./checks/ledger.ts";
import type { Fact } from "./facts.ts";
import type { History, Micros } from "./history.ts";

export interface Measures {
  /** Distributed commits that a client was told of. */
  commits: number;
  messages: number;
  /** Of these, final acks. */
  finalAcks: number;
  forcedWrites: number;
  /** Sum over commits. */
  delays: number;
  /** By transaction; null once its client has been answered, since nothing counts from then on. */
  readonly journeys: Map<Gid, Journey | null>;
}

/** How far the messages about one transaction have come. */
interface Journey {
  /** By node: how many trips it is behind the coordinator's PREPARE. */
  readonly trips: number[];
  /** What was sent, and beside it how many trips its sender was behind when it left. */
  readonly sent: object[];
  readonly departures: number[];
}

export interface Costs {
  readonly commits: number;
  /** For each commit, aborted transactions' share included. */
  readonly messages: number;
  readonly messagesWithoutFinalAcks: number;
  readonly delays: number;
  readonly forcedWrites: number;
  /** From a client's COMMIT to its answer. */
  readonly latencyUs: Percentiles;
  /** Time between PREPARE and outcome, over all nodes: for each commit, and the longest. */
  readonly inDoubtUs: number;
  readonly longestInDoubtUs: Micros;
}

export interface Percentiles {
  readonly median: Micros;
  readonly p99: Micros;
  readonly max: Micros;
}

export function createMeasures(): Measures {
  return {
    commits: 0,
    messages: 0,
    finalAcks: 0,
    forcedWrites: 0,
    delays: 0,
    journeys: new Map(),
  };
}

export function measureFact(measures: Measures, fact: Fact): void {
  switch (fact.type) {
    case "sent":
      if (!("gid" in fact.message)) return;
      measures.messages += 1;
      if (fact.message.type === "finished") measures.finalAcks += 1;
      return depart(measures, fact.message.gid, fact.node, fact.message);
    case "streamed":
      // Copies for a node that recovers are no part of what a commit costs.
      if (fact.change.kind !== "prepared" || coordinatorOf(fact.change.label.gid) !== fact.node) return;
      measures.messages += 1;
      return depart(measures, fact.change.label.gid, fact.node, fact.change);
    case "received":
      return arrive(measures, fact.node, fact.what);
    case "prepared":
    case "committed":
    case "rolledBack":
      measures.forcedWrites += 1;
      return;
    case "recorded":
      if ("gid" in fact.record) measures.forcedWrites += 1;
      return;
    case "answered":
      if (fact.answer.type === "committed" && fact.answer.gid !== 0) {
        measures.commits += 1;
        measures.delays += measures.journeys.get(fact.answer.gid)?.trips[fact.node] ?? 0;
      }
      if (fact.answer.type === "committed" || fact.answer.type === "aborted") {
        measures.journeys.set(fact.answer.gid, null);
      }
      return;
    default:
      return;
  }
}

export function costsOf(measures: Measures, ledger: Ledger, history: History): Costs {
  const { commits } = measures;
  const each = (total: number): number => (commits === 0 ? 0 : total / commits);
  return {
    commits,
    messages: each(measures.messages),
    messagesWithoutFinalAcks: each(measures.messages - measures.finalAcks),
    delays: each(measures.delays),
    forcedWrites: each(measures.forcedWrites),
    latencyUs: percentilesOf(commitLatencies(history)),
    inDoubtUs: each(ledger.blockedUs),
    longestInDoubtUs: ledger.longestUs,
  };
}

function depart({ journeys }: Measures, gid: Gid, from: NodeId, what: object): void {
  let journey = journeys.get(gid);
  if (journey === null) return;
  if (journey === undefined) {
    journey = { trips: [0, 0, 0, 0], sent: [], departures: [] };
    journeys.set(gid, journey);
  }
  journey.sent.push(what);
  journey.departures.push(journey.trips[from] ?? 0);
}

function arrive({ journeys }: Measures, node: NodeId, what: Message | StreamChange): void {
  const journey = journeys.get(gidOf(what)) ?? null;
  if (journey === null) return;
  const { trips, sent, departures } = journey;
  const departed = departures[sent.lastIndexOf(what)];
  if (departed === undefined) return;
  if (departed + 1 > (trips[node] ?? 0)) trips[node] = departed + 1;
}

/** 0 if it is about no transaction. */
function gidOf(what: Message | StreamChange): Gid {
  if ("label" in what) return what.label.gid;
  return "gid" in what ? what.gid : 0;
}

function commitLatencies(history: History): Micros[] {
  const latencies: Micros[] = [];
  for (const { outcome, gid, endingAt, endedAt } of history.transactions) {
    if (outcome === "committed" && gid !== 0) latencies.push(endedAt - endingAt);
  }
  return latencies.sort((one, other) => one - other);
}

function percentilesOf(sorted: readonly Micros[]): Percentiles {
  const at = (share: number): Micros =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { median: at(0.5), p99: at(0.99), max: sorted[sorted.length - 1] ?? 0 };
}
