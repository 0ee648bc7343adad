/**
 * Names of anomalies, by the shape of the cycle that shows them (Adya, Liskov, O'Neil, "Generalized Isolation Level
 * Definitions", ICDE 2000; Berenson et al., "A Critique of ANSI SQL Isolation Levels", SIGMOD 1995; theory 4.1).
 */

export type Anomaly =
  | "aborted read"
  | "intermediate read"
  | "dirty write"
  | "garbage read"
  | "duplicate elements"
  | "incompatible order"
  | "write cycle"
  | "circular information flow"
  | "internal inconsistency"
  | "lost update"
  | "non-repeatable read"
  | "fractured read"
  | "read skew"
  | "causality violation"
  | "long fork"
  | "write skew"
  | "read-only transaction anomaly"
  | "serialization anomaly"
  | "stale read (session)"
  | "stale read (real time)"
  | "causal reverse"
  | "future read (session)"
  | "future read (real time)"
  | "session order violation"
  | "real-time order violation";

export type EdgeKind = "WR" | "WW" | "RW" | "SO" | "RT";

export interface ShapedEdge {
  readonly kind: EdgeKind;
  /** Of WR, WW and RW; -1 of SO and RT. */
  readonly item: number;
}

/** The cycle's edges in order; at least two. */
export function nameCycle(edges: readonly ShapedEdge[]): Anomaly {
  const realTime = count(edges, "RT");
  const session = count(edges, "SO");
  const antiDependencies = count(edges, "RW");
  if (realTime > 0) return nameRealTimeCycle(edges, session, antiDependencies);
  if (session > 0) return nameSessionCycle(edges, antiDependencies);
  if (antiDependencies === 0) return count(edges, "WR") === 0 ? "write cycle" : "circular information flow";
  if (antiDependencies === 1) return nameSingle(edges);
  if (!hasAdjacent(edges)) return "long fork";
  if (antiDependencies === edges.length) return "write skew";
  return antiDependencies === 2 && edges.length === 3 && count(edges, "WR") === 1
    ? "read-only transaction anomaly"
    : "serialization anomaly";
}

function nameRealTimeCycle(edges: readonly ShapedEdge[], session: number, antiDependencies: number): Anomaly {
  if (antiDependencies === 0)
    return edges.length === 2 ? "future read (real time)" : "real-time order violation";
  if (antiDependencies > 1) return "real-time order violation";
  if (edges.length === 2) return "stale read (real time)";
  const isReverse = edges.length === 3 && count(edges, "WR") === 1 && session === 0;
  return isReverse ? "causal reverse" : "real-time order violation";
}

function nameSessionCycle(edges: readonly ShapedEdge[], antiDependencies: number): Anomaly {
  if (antiDependencies === 0) return edges.length === 2 ? "future read (session)" : "session order violation";
  if (antiDependencies === 1) return edges.length === 2 ? "stale read (session)" : "causality violation";
  return hasAdjacent(edges) ? "session order violation" : "long fork";
}

/** One RW, the rest WR and WW. */
function nameSingle(edges: readonly ShapedEdge[]): Anomaly {
  if (edges.length > 2) return "causality violation";
  const missed = edges.find((edge) => edge.kind === "RW");
  const seen = edges.find((edge) => edge.kind !== "RW");
  if (seen?.kind === "WR") return seen.item === missed?.item ? "non-repeatable read" : "read skew";
  return seen?.item === missed?.item ? "lost update" : "read skew";
}

function hasAdjacent(edges: readonly ShapedEdge[]): boolean {
  return edges.some((edge, index) => edge.kind === "RW" && edges[(index + 1) % edges.length]?.kind === "RW");
}

function count(edges: readonly ShapedEdge[], kind: EdgeKind): number {
  return edges.filter((edge) => edge.kind === kind).length;
}
