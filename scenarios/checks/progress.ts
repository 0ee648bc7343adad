/**
 * Progress: a cluster that is left alone comes to rest, unless its protocol may block, and then it says why.
 *
 * Which stalls are allowed: under 2PC and 3PC, while the coordinator cannot be heard; under E3PC and Paxos Commit, while
 * the node cannot hear a majority. What waits behind one of these for its locks, its turn or its vote is not itself in
 * doubt, or ends by a timeout. Anything else that is in doubt when the time to settle is over is a bug.
 */
import { showGid } from "../../protocol/gid.ts";
import { valuesOf } from "../../protocol/keyed.ts";
import { contains, majority, type NodeId, type NodeSet, size } from "../../protocol/members.ts";
import type { Transaction } from "../../protocol/state.ts";
import { type Check, type EndedNode, type EndedRun, holds, notExercised, violated } from "./check.ts";
import { isLeftBehind, latestConfigured, suspectsTheHealthy, unhealed } from "./service.ts";

export const progress: Check = {
  name: "progress",
  holds: "after the last fault every transaction ends, except where the protocol may block",
  source: "theory 2.1 to 2.5, 2.8 (blocks when); tools 1.2 (blocked, and allowed to be)",
  begin: (_scenario, ledger) => ({
    on: {},
    end: (run) => {
      if (ledger.entries.size === 0) return notExercised("nothing was prepared");
      if (run.quiet) return holds();
      const stalls = stallsOf(run);
      const unexplained = stalls.find(({ allowed }) => !allowed);
      if (unexplained !== undefined) return violated(unexplained.sentence);
      const broken = unhealed(run.nodes, run.canHear);
      if (broken !== null) {
        const nervous = suspectsTheHealthy(run.scenario);
        if (nervous === null) return violated(broken);
        return { verdict: "holds", evidence: [`${broken}; ${nervous}`] };
      }
      if (stalls.length === 0) return violated("something is still under way, though nothing is in doubt");
      return { verdict: "holds", evidence: stalls.map(({ sentence }) => sentence) };
    },
  }),
};

export interface Stall {
  readonly allowed: boolean;
  readonly sentence: string;
}

/** A cluster as it stands: at the end of a run, or in between. */
type Cluster = Pick<EndedRun, "scenario" | "canHear"> & { readonly nodes: readonly ClusterNode[] };
type ClusterNode = Pick<EndedNode, "node" | "up" | "paused" | "state" | "prepared">;

/** What is undecided, and whether the protocol may block there. */
export function stallsOf(run: Cluster): Stall[] {
  const stalls: Stall[] = [];
  const configured = latestConfigured(run.nodes);
  for (const node of run.nodes) {
    if (!node.up || node.paused || !contains(configured, node.node)) continue;
    for (const tx of valuesOf(node.state.transactions)) {
      if (tx.outcome === "undecided" && tx.local === "prepared") stalls.push(explain(run, node, tx));
    }
  }
  return stalls;
}

function explain(run: Cluster, node: ClusterNode, tx: Transaction): Stall {
  const what = `${showGid(tx.gid)} is in doubt on node ${node.node}`;
  if (!contains(tx.members, node.node)) return explainCopy(run, node, tx, what);
  const { commit } = run.scenario;
  if (commit === "2pc" || commit === "3pc" || (commit === "paxos-commit" && size(tx.configured) < 3)) {
    const gone = whyNotHeard(run, node.node, tx.coordinator);
    if (gone !== null) return { allowed: true, sentence: `${what}: ${commit}, and coordinator ${gone}` };
    return { allowed: false, sentence: `${what}, though it hears its coordinator, node ${tx.coordinator}` };
  }
  const heard = countHeard(run, node.node, tx.configured);
  if (heard < majority(tx.configured)) {
    return {
      allowed: true,
      sentence: `${what}: ${commit}, and it hears only ${heard} of ${size(tx.configured)} nodes`,
    };
  }
  return {
    allowed: false,
    sentence: `${what}, though it hears a majority, ${heard} of ${size(tx.configured)} nodes`,
  };
}

/** It waits for what a member of the transaction's generation tells it, if that knows; without a majority, for that. */
function explainCopy(run: Cluster, { node, state }: ClusterNode, tx: Transaction, what: string): Stall {
  const waits = run.nodes.some(
    (other) =>
      contains(tx.members, other.node) &&
      whyNotHeard(run, node, other.node) === null &&
      other.prepared.some(({ gid, recovered }) => gid === tx.gid && !recovered),
  );
  if (waits) return { allowed: true, sentence: `${what}, as on the members of its generation` };
  if (isLeftBehind(state))
    return { allowed: true, sentence: `${what}, a copy, and the node must be replaced` };
  const { configured } = state.membership.current;
  const heard = countHeard(run, node, configured);
  if (heard >= majority(configured)) {
    return {
      allowed: false,
      sentence: `${what}, a copy, though no member of its generation that it hears is`,
    };
  }
  return {
    allowed: true,
    sentence: `${what}, a copy, and it hears only ${heard} of ${size(configured)} nodes`,
  };
}

function whyNotHeard(run: Cluster, from: NodeId, node: NodeId): string | null {
  if (from === node) return null;
  const peer = run.nodes[node];
  if (peer === undefined || !peer.up) return `node ${node} is down`;
  if (peer.paused) return `node ${node} is paused`;
  return run.canHear(from, node) && run.canHear(node, from) ? null : `node ${node} is cut off`;
}

function countHeard(run: Cluster, from: NodeId, configured: NodeSet): number {
  let heard = 0;
  for (let member = 1; member < run.nodes.length; member++) {
    if (!contains(configured, member)) continue;
    if (member === from || whyNotHeard(run, from, member) === null) heard += 1;
  }
  return heard;
}
