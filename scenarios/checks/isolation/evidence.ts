/** Violations as people read them: the anomaly's name, and a sentence for each edge of the cycle that shows it. */
import { showGid } from "../../../protocol/gid.ts";
import type { Level } from "../../levels.ts";
import { type Anomaly, type EdgeKind, nameCycle } from "./anomalies.ts";
import { overwriterOf } from "./dependencies.ts";
import { showItem } from "./items.ts";
import { beginStory, idOf, idsOf, nameUnit, type Story, whoIs } from "./names.ts";
import type { Cycle, Hop } from "./smallest-cycle.ts";
import {
  type CommittedTransactions,
  DELETES,
  INITIAL,
  INSERTS,
  type InternalRead,
  type StrayVersion,
} from "./units.ts";
import { type Fork, NONE, type VersionOrder, versionAfter } from "./versions.ts";

export interface Evidence {
  readonly anomaly: Anomaly;
  /** One for each edge, in the order of the cycle; what is no cycle is told in one or two. */
  readonly sentences: readonly string[];
  /** The cycle itself; empty for what is no cycle. */
  readonly edges: readonly EvidenceEdge[];
  /** Ids in the history, in the order of the cycle, each once. */
  readonly transactions: readonly number[];
}

export interface Violation extends Evidence {
  /** The level that it violates. */
  readonly level: Level;
}

/** Between transactions by their ids in the history; -1 is one that the servers committed and the history lacks. */
export interface EvidenceEdge {
  readonly kind: EdgeKind;
  readonly from: number;
  readonly to: number;
  /** Which row, as "accounts/3"; null for SO and RT. */
  readonly item: string | null;
}

/** An edge between units. What `from` wrote (WR, WW) or `to` wrote (RW) is `slot`; what `from` read (RW) is `read`. */
export interface UnitEdge {
  readonly kind: EdgeKind;
  readonly from: number;
  readonly to: number;
  readonly item: number;
  readonly slot: number;
  readonly read: number;
}

/** Steps of one session that follow one another are told as one. */
export function explainCycle(units: CommittedTransactions, versions: VersionOrder, cycle: Cycle): Evidence {
  const edges: UnitEdge[] = [];
  for (let index = 0; index < cycle.units.length; index++) {
    const from = cycle.units[index]!;
    const to = cycle.units[(index + 1) % cycle.units.length]!;
    const edge = findEdge(units, versions, cycle.hops[index]!, from, to);
    const last = edges[edges.length - 1];
    if (edge.kind === "SO" && last?.kind === "SO") edges[edges.length - 1] = { ...edge, from: last.from };
    else edges.push(edge);
  }
  const first = edges[0]!;
  const last = edges[edges.length - 1]!;
  if (first.kind === "SO" && last.kind === "SO") {
    edges.pop();
    edges[0] = { ...first, from: last.from };
  }
  return explainEdges(units, versions, nameCycle(edges), edges);
}

export function explainEdges(
  units: CommittedTransactions,
  versions: VersionOrder,
  anomaly: Anomaly,
  edges: readonly UnitEdge[],
): Evidence {
  const story = beginStory(units);
  return {
    anomaly,
    sentences: edges.map((edge) => sentenceOf(story, versions, edge)),
    edges: edges.map(({ kind, from, to, item }) => ({
      kind,
      from: idOf(units, from),
      to: idOf(units, to),
      item: item < 0 ? null : showItem(units.items, item),
    })),
    transactions: idsOf(
      units,
      edges.map((edge) => edge.from),
    ),
  };
}

export function explainStrayRead(units: CommittedTransactions, stray: StrayVersion): Evidence {
  const reader = nameUnit(beginStory(units), stray.unit);
  const sentence = `${reader} read ${showItem(units.items, stray.item)} ${strayVersion(units, stray)}.`;
  return tell(units, "aborted read", [sentence], [stray.unit]);
}

export function explainStrayWrite(units: CommittedTransactions, stray: StrayVersion): Evidence {
  const writer = nameUnit(beginStory(units), stray.unit);
  const sentence = `${writer} replaced ${showItem(units.items, stray.item)} ${strayVersion(units, stray)}.`;
  return tell(units, "dirty write", [sentence], [stray.unit]);
}

export function explainIntermediateRead(
  units: CommittedTransactions,
  reader: number,
  slot: number,
): Evidence {
  const story = beginStory(units);
  const writer = units.writeUnit[slot]!;
  const item = showItem(units.items, units.writeItem[slot]!);
  const sentences = [
    `${nameUnit(story, writer)} wrote ${item} more than once.`,
    `${nameUnit(story, reader)} read it as it was before the last of these writes.`,
  ];
  return tell(units, "intermediate read", sentences, [writer, reader]);
}

export function explainInternalRead(units: CommittedTransactions, read: InternalRead): Evidence {
  const { id, gid, node } = units.history.transactions[read.record]!;
  const name = `T${id} (${showGid(gid)}, node ${node})`;
  return {
    anomaly: "internal inconsistency",
    sentences: [`${name} changed ${showItem(units.items, read.item)}, and then ${read.found}.`],
    edges: [],
    transactions: [id],
  };
}

export function explainFork(units: CommittedTransactions, fork: Fork): Evidence {
  const story = beginStory(units);
  const item = showItem(units.items, fork.item);
  const inserts = (units.writeShape[fork.other]! & INSERTS) !== 0 && fork.replaced === INITIAL;
  const other = units.writeUnit[fork.other]!;
  if (fork.one === NONE) {
    const sentence = `${nameUnit(story, other)} inserted ${item}, which the initial load holds and nobody deleted.`;
    return tell(units, "lost update", [sentence], [other]);
  }
  const one = units.writeUnit[fork.one]!;
  const replaced = inserts ? "" : ` ${versionOf(story, fork.replaced)}`;
  const sentences = inserts
    ? [
        `${nameUnit(story, one)} inserted ${item}.`,
        `${nameUnit(story, other)} inserted it too; nobody deleted it.`,
      ]
    : [
        `${nameUnit(story, one)} replaced${replaced} of ${item}.`,
        `${nameUnit(story, other)} replaced the same version.`,
      ];
  return tell(units, "lost update", sentences, [one, other]);
}

function tell(
  units: CommittedTransactions,
  anomaly: Anomaly,
  sentences: readonly string[],
  involved: readonly number[],
): Evidence {
  return { anomaly, sentences, edges: [], transactions: idsOf(units, involved) };
}

/** The edge that a cycle's hop stands for, the plainest if there are several. */
function findEdge(
  units: CommittedTransactions,
  versions: VersionOrder,
  hop: Hop,
  from: number,
  to: number,
): UnitEdge {
  const any = hop === "any";
  const edge =
    (any || hop === "dependency" ? findRead(units, versions, from, to) : null) ??
    (any || hop === "dependency" ? findReplacement(units, versions, from, to) : null) ??
    (any || hop === "RW" ? findMissed(units, versions, from, to) : null);
  if (edge !== null) return edge;
  return { kind: hop === "RT" ? "RT" : "SO", from, to, item: -1, slot: -1, read: -1 };
}

function findRead(
  units: CommittedTransactions,
  versions: VersionOrder,
  from: number,
  to: number,
): UnitEdge | null {
  for (let read = units.readStart[to]!; read < units.readStart[to + 1]!; read++) {
    const slot = versions.readVersion[read]!;
    if (slot < 0 || units.writeUnit[slot] !== from) continue;
    return { kind: "WR", from, to, item: units.readItem[read]!, slot, read: -1 };
  }
  return null;
}

function findReplacement(
  units: CommittedTransactions,
  versions: VersionOrder,
  from: number,
  to: number,
): UnitEdge | null {
  for (let write = units.writeStart[to]!; write < units.writeStart[to + 1]!; write++) {
    const slot = versions.previous[write]!;
    if (slot < 0 || units.writeUnit[slot] !== from) continue;
    return { kind: "WW", from, to, item: units.writeItem[write]!, slot, read: -1 };
  }
  return null;
}

function findMissed(
  units: CommittedTransactions,
  versions: VersionOrder,
  from: number,
  to: number,
): UnitEdge | null {
  for (let read = units.readStart[from]!; read < units.readStart[from + 1]!; read++) {
    if (overwriterOf(units, versions, read) !== to) continue;
    const item = units.readItem[read]!;
    const slot = versionAfter(versions, item, versions.readVersion[read]!);
    return { kind: "RW", from, to, item, slot, read };
  }
  return null;
}

function sentenceOf(story: Story, versions: VersionOrder, edge: UnitEdge): string {
  const { units } = story;
  const from = nameUnit(story, edge.from);
  const to = nameUnit(story, edge.to);
  const item = edge.item < 0 ? "" : showItem(units.items, edge.item);
  switch (edge.kind) {
    case "WR":
      return isDeletion(units, edge.slot)
        ? `${from} deleted ${item}, and ${to} did not find it.`
        : `${from} wrote ${item}, and ${to} read that version.`;
    case "WW": {
      const isNext = units.writeUnit[versions.next[edge.slot] ?? NONE] === edge.to;
      return `${from} wrote ${item}, and ${to} replaced ${isNext ? "that version" : "it later"}.`;
    }
    case "RW":
      return missedSentence(story, versions, edge, from, to, item);
    case "SO":
      return `${from} came before ${to} in session ${sessionOf(units, edge.to)}.`;
    case "RT":
      return `${from} was acknowledged at ${units.endedAt[edge.from]} us, before ${to} began at ${units.beganAt[edge.to]} us.`;
  }
}

function missedSentence(
  story: Story,
  versions: VersionOrder,
  edge: UnitEdge,
  from: string,
  to: string,
  item: string,
): string {
  const { units } = story;
  const version = versions.readVersion[edge.read]!;
  const verb = isDeletion(units, edge.slot) ? "deleted" : "written";
  const missed = `${from} did not see ${item} as ${verb} by ${to}`;
  const wasAbsent =
    version === INITIAL ? versions.hasInitialRow[edge.item] === 0 : isDeletion(units, version);
  return `${missed}: it ${wasAbsent ? "found no row" : `read ${versionOf(story, version)}`}.`;
}

function versionOf(story: Story, version: number): string {
  if (version === INITIAL) return "the initial version";
  return `the version of ${nameUnit(story, story.units.writeUnit[version]!)}`;
}

function strayVersion({ gid }: CommittedTransactions, stray: StrayVersion): string {
  if (stray.gid < 0) return "in a state that no committed transaction made";
  const by = `in a version of ${showGid(stray.gid)}`;
  return gid.includes(stray.gid)
    ? `${by}, which committed without leaving one`
    : `${by}, which did not commit`;
}

function isDeletion(units: CommittedTransactions, slot: number): boolean {
  return (units.writeShape[slot]! & DELETES) !== 0;
}

function sessionOf(units: CommittedTransactions, unit: number): number {
  return whoIs(units, unit).session;
}
