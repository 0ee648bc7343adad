/**
 * The names by which Adya and Elle know anomalies (Adya, "Weak Consistency", MIT 1999; Kingsbury and Alvaro, "Elle",
 * VLDB 2020): a cycle by the kinds of its edges, with `-process` if it needs the order within a process and
 * `-realtime` if it needs that of real time.
 */
import type { Anomaly, EdgeKind } from "../isolation/anomalies.ts";
import type { Evidence } from "../isolation/evidence.ts";

const BY_NAME: Partial<Record<Anomaly, string>> = {
  "aborted read": "G1a",
  "intermediate read": "G1b",
  "internal inconsistency": "internal",
  "garbage read": "garbage-read",
  "duplicate elements": "duplicate-elements",
  "incompatible order": "incompatible-order",
  "lost update": "lost-update",
};

export function classOf({ anomaly, edges }: Evidence): string {
  if (edges.length === 0) return BY_NAME[anomaly] ?? anomaly;
  const kinds = edges.map(({ kind }) => kind);
  if (kinds.includes("RT")) return `${shapeOf(kinds)}-realtime`;
  return kinds.includes("SO") ? `${shapeOf(kinds)}-process` : shapeOf(kinds);
}

function shapeOf(kinds: readonly EdgeKind[]): string {
  const missed = kinds.filter((kind) => kind === "RW").length;
  if (missed === 0) return kinds.includes("WR") ? "G1c" : "G0";
  if (missed === 1) return "G-single";
  const isAdjacent = kinds.some((kind, place) => kind === "RW" && kinds[(place + 1) % kinds.length] === "RW");
  return isAdjacent ? "G2-item" : "G-nonadjacent";
}
