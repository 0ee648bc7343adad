/**
 * Generations: which set of members does the work, and how a node passes from one to the next.
 *
 * Source: Postgres Pro multimaster since 2020 (mmts 4.1 to 4.3). A generation is elected (elections.ts), learned from a
 * heartbeat, a vote or a donor's WAL, and never left for an older one.
 *
 *   a new generation is learned
 *     a donor           draining -> marking -> online
 *     another member    recovering (follows a donor) -> marking -> online
 *     anybody else      outside
 *
 * From the moment it learns, a node prepares nothing more for an older generation, except copies of a donor's. A donor
 * waits until what it is preparing is prepared, makes durable that it is online, and writes the mark "parallel safe"
 * into its WAL; only behind that come PREPAREs of the new generation. A member that is no donor copies a donor's WAL up
 * to that mark.
 *
 * Invariants: P1, on every node each PREPARE of a generation that may ever commit lies before all of the next; P2, a node
 * that is online in n holds every transaction of older generations that may ever commit; a number belongs to one
 * generation; last_online_in <= current <= last_vote, and none of them falls, but last_online_in where it is taken back
 * together with every vote that told of it.
 */
import type { Context } from "../context.ts";
import { getKeyed, valuesOf } from "../keyed.ts";
import { contains, type NodeSet, setOf, toList } from "../members.ts";
import type { MembershipRecord } from "../records.ts";
import { stopFollowing } from "../replication/following.ts";
import { closeOwnStreams, fenceApplies, openOwnStreams, takeEarlyChanges } from "../replication/streams.ts";
import { closeSessions, mayStamp, resumeCommits } from "../sessions.ts";
import type { Membership, NodeState } from "../state.ts";
import { answerWhenFinished, reasonOf, releaseQueue } from "../transactions.ts";
import { ProtocolViolation } from "../violation.ts";
import { type Generation, isSameProposal } from "./generation.ts";
import { sendHeartbeats } from "./heartbeats.ts";
import { isOnline } from "./online.ts";
import { notOnline, standingIn } from "./standing.ts";

/** Takes up a generation that somebody told of; one that is not newer is old news. */
export function learnGeneration(
  node: NodeState,
  generation: Generation,
  donors: NodeSet,
  context: Context,
): void {
  const { membership } = node;
  const { current } = membership;
  if (generation.number < current.number) return;
  if (generation.number === current.number) return expectSame(generation, current);
  membership.current = generation;
  membership.donors = donors;
  membership.leaving = (membership.leaving | current.configured) & ~generation.configured;
  if (membership.lastVote.number < generation.number) membership.lastVote = generation;
  membership.safeLogged = false;
  membership.settled = false;
  node.syncpoints.markAt = 0;
  membership.standing = standingIn(membership, node.config);
  endCampaign(node, current);
  persistMembership(node, true, context);
  const why =
    membership.standing === "draining" ? `donors are ${toList(donors).join(", ")}` : membership.standing;
  const { number, members } = generation;
  context.emit({ type: "note", note: { about: "generation", generation: number, members, why } });
  fenceApplies(node, context);
  abortUnvoted(node, context);
  answerUnawaited(node, context);
  if (membership.standing === "draining") comeOnlineWhenDrained(node, context);
  else leaveService(node, context);
  sendHeartbeats(node, context);
}

/** One that loses has to wait a while: of two that stand at the same moment neither might ever win. */
function endCampaign(node: NodeState, before: Generation): void {
  const { membership } = node;
  if (outlasts(membership, before)) return;
  const { campaign, current, standing } = membership;
  if (standing !== "outside") membership.failures = 0;
  else if (campaign !== null && campaign.candidate.number !== current.number) backOff(node);
  membership.campaign = null;
}

/** Stands again only after some beats, other ones for each node and each time. */
export function backOff(node: NodeState): void {
  const { membership, config } = node;
  membership.failures += 1;
  membership.campaignFrom = node.beats + 1 + (scattered(config.node, membership.failures) % 7);
}

/** Two nodes that have failed differently often must not have the same row of numbers either (the finalizer of MurmurHash3). */
function scattered(one: number, other: number): number {
  let bits = Math.imul(one, 0x9e3779b1) ^ Math.imul(other, 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/**
 * Whether this node goes on with what it stands for. Whoever has voted for that can do nothing in the generation that was
 * learned, and would have to be elected once more: two who take turns at that never come to an end.
 */
function outlasts({ campaign, current, standing }: Membership, before: Generation): boolean {
  if (campaign === null || standing !== "outside") return false;
  return campaign.candidate.number > current.number && current.configured === before.configured;
}

/** What a restart brings back; the record is absent on a node that has never known but the first generation. */
export function restoreMembership(node: NodeState, record: MembershipRecord): void {
  const { kind: _, ...restored } = record;
  const { lastOnlineIn } = record;
  Object.assign(node.membership, restored);
  node.membership.provenOnlineIn = lastOnlineIn;
}

/** After a restart: goes on from where it stood. */
export function resumeMembership(node: NodeState, context: Context): void {
  const { membership } = node;
  // Some peers are heard sooner than others: none is to be left out for that (mmts 9.4 bug 39).
  membership.campaignFrom = node.config.suspectBeats;
  if (membership.standing === "marking") writeMark(node, context);
  if (membership.standing === "draining") comeOnlineWhenDrained(node, context);
  if (membership.standing === "online") openOwnStreams(node, context);
}

/** A promise for this generation, durable before anything that follows leaves the node (mmts 4.4). */
export function promiseVote(node: NodeState, generation: Generation, context: Context): void {
  const { membership } = node;
  membership.lastVote = generation;
  persistMembership(node, true, context);
  if (membership.standing !== "recovering" && membership.standing !== "draining") return;
  // It may not come online in its generation any more.
  membership.standing = "outside";
  leaveService(node, context);
}

/**
 * Takes back that this node was online in any generation above this one. Whoever has its vote may count on that, so it
 * also promises never to come online in what it has voted for.
 */
export function disclaim(node: NodeState, number: number, context: Context): void {
  const { membership } = node;
  membership.campaign = null;
  membership.lastOnlineIn = number;
  membership.provenOnlineIn = number;
  const { number: voted, configured } = membership.lastVote;
  promiseVote(node, { number: voted + 1, members: 0, configured }, context);
}

/** PostgreSQL has answered: it may have been the last PREPARE of an older generation, or commit of a node outside. */
export function comeOnlineWhenDrained(node: NodeState, context: Context): void {
  if (node.membership.standing !== "draining") return;
  for (const { local, unqueued } of valuesOf(node.transactions)) {
    if (local === "preparing" || (unqueued && local === "committing")) return;
  }
  comeOnline(node, context);
}

/** Everything that was prepared before is in the WAL. */
export function comeOnline(node: NodeState, context: Context): void {
  const { membership } = node;
  membership.lastOnlineIn = membership.current.number;
  membership.standing = "marking";
  persistMembership(node, true, context);
  writeMark(node, context);
}

/** The mark is in the WAL. */
export function takeMark(node: NodeState, number: number, lsn: number, context: Context): void {
  const { membership } = node;
  // A later generation was learned meanwhile.
  if (membership.standing !== "marking" || membership.current.number !== number) return;
  membership.standing = "online";
  membership.safeLogged = true;
  membership.provenOnlineIn = number;
  node.syncpoints.markAt = lsn;
  node.syncpoints.before = node.syncpoints.seen.slice();
  persistMembership(node, false, context);
  openOwnStreams(node, context);
  takeEarlyChanges(node, context);
  resumeHeldCommits(node, context);
  sendHeartbeats(node, context);
}

/** Once what they have waited for is over. */
export function resumeHeldCommits(node: NodeState, context: Context): void {
  if (!node.membership.holding || !isOnline(node) || !mayStamp(node)) return;
  node.membership.holding = false;
  resumeCommits(node, context);
}

function writeMark(node: NodeState, context: Context): void {
  const { current: generation, donors } = node.membership;
  const message = { kind: "parallel safe", generation, donors } as const;
  context.emit({ type: "database", command: { type: "logMessage", message } });
}

/** Own transactions that still need the vote of a node which is no member any more will never get it. */
function abortUnvoted(node: NodeState, context: Context): void {
  const { current } = node.membership;
  for (const tx of valuesOf(node.transactions)) {
    if (tx.coordinator !== node.config.node || tx.outcome !== "undecided" || tx.local !== "prepared")
      continue;
    const lost = tx.members & ~tx.votes & ~current.members & ~setOf(node.config.node);
    if (lost === 0) continue;
    const detail = `generation ${current.number} is without node ${toList(lost).join(", ")}`;
    context.commit.abort(node, tx, reasonOf(node, "other generation", detail, lost), context);
  }
}

/** Clients of commits that only wait for a node which is no member any more. */
function answerUnawaited(node: NodeState, context: Context): void {
  for (const { gid, coordinator, session, local } of valuesOf(node.transactions)) {
    if (coordinator !== node.config.node || session === 0 || local !== "committed") continue;
    const tx = getKeyed(node.transactions, gid);
    if (tx !== undefined) answerWhenFinished(node, tx, context);
  }
}

function leaveService(node: NodeState, context: Context): void {
  closeSessions(node, notOnline(node), context);
  releaseQueue(node, context);
  closeOwnStreams(node, context);
  const { donor } = node.recovery;
  const { standing, donors } = node.membership;
  if (donor !== 0 && standing === "recovering" && !contains(donors, donor)) stopFollowing(node, context);
}

/** Writes down what a node must not forget about generations. */
export function persistMembership(node: NodeState, forced: boolean, context: Context): void {
  const { current, donors, lastOnlineIn, lastVote, safeLogged }: Membership = node.membership;
  const { joining, removing, leaving, copied, grantedTo, grantedIn } = node.membership;
  const promises = { kind: "membership", current, donors, lastOnlineIn, lastVote, safeLogged } as const;
  context.emit({
    type: "persist",
    record: { ...promises, joining, removing, leaving, copied, grantedTo, grantedIn },
    forced,
  });
}

function expectSame(told: Generation, known: Generation): void {
  if (isSameProposal(told, known)) return;
  throw new ProtocolViolation(
    `generation ${told.number} has members ${toList(told.members).join(", ")} and ${toList(known.members).join(", ")}`,
  );
}
