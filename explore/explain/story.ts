/** A failing run as a short story: what befell the transactions that its evidence names, and what broke meanwhile. */
import type { Answer } from "../../protocol/client.ts";
import type { StreamChange } from "../../protocol/database.ts";
import { type Gid, showGid } from "../../protocol/gid.ts";
import { type NodeId, toList } from "../../protocol/members.ts";
import { showReason } from "../../protocol/transactions.ts";
import { CHECKS } from "../../scenarios/checks/checks.ts";
import { showMicros } from "../../scenarios/durations.ts";
import type { Fact } from "../../scenarios/facts.ts";
import type { Fault, Separation } from "../../scenarios/faults.ts";
import type { Micros } from "../../scenarios/history.ts";
import { describeChange, describeMessage, describeNote, describeRecord } from "../../scenarios/narration.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import type { SimWorld } from "../../sim/engine/world.ts";
import { runScenario } from "../../sim/run.ts";
import { type Cause, causeOf } from "../cause.ts";
import { type ToldStates, turnOf } from "./turns.ts";

export interface Story {
  readonly cause: Cause;
  /** Of the transactions told of; empty if the evidence names none, and then all are. */
  readonly transactions: readonly string[];
  readonly lines: readonly StoryLine[];
  /** Events of the run. */
  readonly events: number;
}

export interface StoryLine {
  readonly at: Micros;
  /** Events of the run up to this one. */
  readonly event: number;
  /** 0: the world. */
  readonly node: NodeId;
  readonly what: string;
}

/** Null if nothing fails in the run. */
export function tellStory(scenario: Scenario, seed: string): Story | null {
  const cause = causeOf(runScenario(scenario, seed, { mode: "in place", checks: CHECKS }));
  if (cause === null) return null;
  const transactions = [...new Set(cause.evidence.match(/\b\d+:\d+\b/g) ?? [])];
  const lines: StoryLine[] = [];
  const told = new Set<string>();
  const states: ToldStates = new Map();
  let world: SimWorld | null = null;
  const result = runScenario(scenario, seed, {
    mode: "in place",
    checks: [],
    attach: (created) => {
      world = created;
    },
    observe: (fact, at) => {
      if (world === null) return;
      const { events } = world.state;
      const turn = turnOf(states, fact, world);
      if (turn !== null && "node" in fact) lines.push({ at, event: events, node: fact.node, what: turn });
      const line = lineOf(fact, (gid) => transactions.length === 0 || transactions.includes(showGid(gid)));
      if (line === null || isRepeated(told, fact, line)) return;
      lines.push({ at, event: events, ...line });
    },
  });
  return { cause, transactions, lines, events: result.events };
}

interface Told {
  readonly node: NodeId;
  readonly what: string;
}

function lineOf(fact: Fact, isTold: (gid: Gid) => boolean): Told | null {
  const about = gidOf(fact);
  if (about !== null && !isTold(about)) return null;
  switch (fact.type) {
    case "prepared":
      return { node: fact.node, what: `has prepared ${showGid(fact.label.gid)}, stamp ${fact.label.stamp}` };
    case "committed":
      return { node: fact.node, what: `has committed ${showGid(fact.gid)} with CSN ${fact.csn}` };
    case "rolledBack":
      return { node: fact.node, what: `has rolled back ${showGid(fact.gid)}` };
    case "recorded":
      return about === null ? null : { node: fact.node, what: `has on disk: ${describeRecord(fact.record)}` };
    case "sent":
      return about === null
        ? null
        : { node: fact.node, what: `tells node ${fact.to}: ${describeMessage(fact.message)}` };
    case "received":
      if (about === null || !("type" in fact.what)) return null;
      return { node: fact.node, what: `hears from node ${fact.from}: ${describeMessage(fact.what)}` };
    case "streamed":
      if (about === null) return null;
      return { node: fact.node, what: `ships to node ${fact.to}: ${describeChange(fact.change)}` };
    case "answered":
      return about === null
        ? null
        : { node: fact.node, what: `tells its client that ${describeEnd(fact.answer, about)}` };
    case "noted":
      return { node: fact.node, what: `notes: ${describeNote(fact.note)}` };
    case "fault":
      return { node: 0, what: describeFault(fact.fault, fact.forUs) };
    case "left alone":
      return {
        node: 0,
        what: `nodes ${toList(fact.nodes).join(", ")} are left alone, the others stand still`,
      };
    case "freed":
      return { node: 0, what: "the others go on" };
    case "crashed":
      return { node: fact.node, what: "is down" };
    case "started":
      return { node: fact.node, what: "starts" };
    case "copied":
      return { node: fact.node, what: `has a copy of node ${fact.from}'s database` };
  }
}

function describeEnd(answer: Answer, gid: Gid): string {
  const why = answer.type === "aborted" ? `: ${showReason(answer.reason)}` : "";
  return `${showGid(gid)} is ${answer.type}${why}`;
}

function gidOfChange(change: StreamChange): Gid | null {
  if (change.kind === "prepared") return change.label.gid;
  return change.kind === "committed" || change.kind === "rolled back" ? change.gid : null;
}

/** The transaction that a fact is about; null if it is about none. */
function gidOf(fact: Fact): Gid | null {
  switch (fact.type) {
    case "prepared":
      return fact.label.gid;
    case "committed":
    case "rolledBack":
      return fact.gid;
    case "recorded":
      return "gid" in fact.record ? fact.record.gid : null;
    case "sent":
      return "gid" in fact.message ? fact.message.gid : null;
    case "received":
      if (!("type" in fact.what)) return gidOfChange(fact.what);
      return "gid" in fact.what ? fact.what.gid : null;
    case "streamed":
      return gidOfChange(fact.change);
    case "answered":
      return "gid" in fact.answer ? fact.answer.gid : null;
    case "noted":
      return "gid" in fact.note ? fact.note.gid : null;
    default:
      return null;
  }
}

/** What is said again, word for word, is told once. */
function isRepeated(told: Set<string>, fact: Fact, { node, what }: Told): boolean {
  if (fact.type !== "sent" && fact.type !== "received" && fact.type !== "noted") return false;
  const sentence = `${node} ${what}`;
  if (told.has(sentence)) return true;
  told.add(sentence);
  return false;
}

function rejecting({ rejects }: Separation): string {
  return rejects === true ? ", refused at once" : "";
}

export function describeFault(fault: Fault, forUs: Micros | null): string {
  const lasting = forUs === null ? "" : ` for ${showMicros(forUs)}`;
  switch (fault.kind) {
    case "crash":
    case "pause":
    case "restart":
    case "resume":
    case "disconnect":
      return `fault: ${fault.kind} of node ${fault.node}${lasting}`;
    case "cut":
      return `fault: cut from node ${fault.from.join(", ")} to ${fault.to.join(", ")}${fault.both ? " and back" : ""}${rejecting(fault)}${lasting}`;
    case "partition":
      return `fault: partition into ${fault.groups.map((group) => `{${group.join(", ")}}`).join(" and ")}${rejecting(fault)}${lasting}`;
    case "heal":
      return "the network heals";
    case "loss":
    case "duplication":
      return `fault: ${fault.kind} of ${fault.rate * 100} %${lasting}`;
    case "delay":
      return `fault: delay of up to ${showMicros(fault.upToUs)}${lasting}`;
    case "clock step":
      return `fault: the clock of node ${fault.node} jumps by ${showMicros(fault.byUs)}${lasting}`;
    case "clock rate":
      return `fault: the clock of node ${fault.node} runs ${fault.ppm} millionths too fast${lasting}`;
    case "lose disk":
      return `fault: node ${fault.node} loses its disk${lasting}`;
    case "join":
      return `order: node ${fault.node} joins the cluster`;
    case "remove":
      return `order: node ${fault.node} is removed`;
    case "slow fsync":
      return `fault: node ${fault.node} flushes ${fault.factor} times as slowly${lasting}`;
  }
}
