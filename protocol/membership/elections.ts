/**
 * Elections: who may be in the next generation (mmts 4.4, 4.5, and the bugs of 9.4 that made the rules what they are).
 *
 * Any node of a majority clique may propose to drop others; only a node itself may propose to add itself. A candidate
 * asks all nodes of its clique. A vote for number n is a durable promise: never to come online in a generation below n
 * in which the voter is not online already. That freezes every voter's last_online_in, so the winner knows who holds
 * most: these are the donors.
 *
 * A candidate wins with the votes of a majority of the configured nodes, once every member that it proposes has
 * answered, whatever it said: one that has not might hold more than all voters (bug 41).
 */
import type { Context } from "../context.ts";
import { contains, type NodeId, type NodeSet, setOf, size, toList } from "../members.ts";
import type { Candidacy, ElectionVote } from "../messages.ts";
import { hasCaughtUp, isLatest } from "../replication/following.ts";
import type { Campaign, NodeState } from "../state.ts";
import { peerOf, send, sendTo } from "../transactions.ts";
import { isClique, type Links, largestClique } from "./clique.ts";
import { mayConfigure, nextConfigured, settleConfiguration } from "./configuration.ts";
import { type Generation, isMajority, isMember, isSameProposal } from "./generation.ts";
import { backOff, learnGeneration, promiseVote } from "./generations.ts";
import { disconnected, linksOf } from "./links.ts";
import { mayCount, mayGrant, noteGrant, withRefereeIfNeeded } from "./referee.ts";
import { isReferee, withData } from "./scope.ts";

/** Once a beat: stands for election if there is reason to. */
export function campaignIfNeeded(node: NodeState, context: Context): void {
  if (node.config.membership === "fixed") return;
  const { membership } = node;
  settleConfiguration(node, context);
  if (membership.campaign !== null) return continueCampaign(node, membership.campaign, context);
  if (node.beats < membership.campaignFrom) return;
  const clique = cliqueOf(node);
  const candidate = candidateOf(node, clique);
  if (isLasting(node, candidate) && candidate !== null) stand(node, candidate, clique, context);
}

/** A node stands only for a reason that has lasted: two nodes do not see a change at the same moment. */
function isLasting({ membership, beats, config }: NodeState, candidate: Generation | null): boolean {
  const { wished } = membership;
  const isNew =
    candidate === null || wished === null ? candidate !== wished : !isSameProposal(candidate, wished);
  if (isNew) {
    membership.wished = candidate;
    membership.wishedSince = beats;
  }
  return beats - membership.wishedSince >= config.resendBeats - 1;
}

/** The largest set of nodes that work together, as this node sees them. */
export function cliqueOf(node: NodeState): NodeSet {
  const { current, joining } = node.membership;
  return largestClique(
    linksOf(node),
    joining ? current.configured | setOf(node.config.node) : current.configured,
  );
}

/** A candidate asks for this node's vote. */
export function takeCandidacy(
  node: NodeState,
  from: NodeId,
  { generation, base }: Candidacy,
  context: Context,
): void {
  if (node.config.membership === "fixed") return;
  const granted = mayVoteFor(node, from, generation, base) && mayGrant(node, from, generation);
  const { grantedTo } = node.membership;
  if (granted) noteGrant(node, from, generation);
  if (granted && node.membership.lastVote.number < generation.number) {
    promiseVote(node, generation, context);
    giveTime(node);
  }
  const { lastOnlineIn, lastVote, current, donors } = node.membership;
  const { number, members } = generation;
  send(context, from, {
    type: "election vote",
    number,
    members,
    granted,
    lastOnlineIn,
    lastVote: lastVote.number,
    current,
    donors,
    grantedTo,
  });
}

export function takeElectionVote(node: NodeState, from: NodeId, vote: ElectionVote, context: Context): void {
  const { campaign } = node.membership;
  const ours =
    campaign !== null &&
    campaign.candidate.number === vote.number &&
    campaign.candidate.members === vote.members;
  // An answer to a tour that has ended may still tell of a generation.
  if (ours) countVote(campaign, from, vote);
  if (vote.current.number > node.membership.current.number) {
    return learnGeneration(node, vote.current, vote.donors, context);
  }
  if (ours) winWhenElected(node, campaign, context);
}

/** To whom it has voted for: to win, and to say so (Ongaro, dissertation 2014, 3.4: a vote begins the timeout anew). */
function giveTime({ membership, config, beats }: NodeState): void {
  membership.campaignFrom = Math.max(membership.campaignFrom, beats + config.resendBeats + 1);
}

/** The rules of mmts 4.4, in their order. */
function mayVoteFor(node: NodeState, from: NodeId, asked: Generation, base: NodeSet): boolean {
  const { current, lastVote, standing } = node.membership;
  if (current.number >= asked.number) return false;
  if (lastVote.number === asked.number) return isSameProposal(lastVote, asked);
  if (lastVote.number > asked.number) return false;
  if (!mayConfigure(asked, base, current.configured, from)) return false;
  if (withData(node, asked.members & ~(current.members | setOf(from))) !== 0) return false;
  const links = linksOf(node);
  if ((asked.members & ~largestCliqueWith(node, links, asked.members)) !== 0) return false;
  // A healthy generation is not taken apart by somebody outside (bugs 36, 38).
  const dropsMember = withData(node, current.members & ~asked.members) !== 0;
  return !(
    standing === "online" &&
    dropsMember &&
    !isMember(current, from) &&
    isClique(links, current.members)
  );
}

/**
 * The voter's clique, or the members asked for if they see each other as well: that of two equally good cliques another
 * one comes first is no reason against them.
 */
function largestCliqueWith(node: NodeState, links: Links, members: NodeSet): NodeSet {
  const clique = largestClique(links, node.membership.current.configured);
  return isClique(links, members) && size(members) >= size(clique) ? members : clique;
}

/** The rules of mmts 4.5, in their order; null: there is nothing to change, or this node is not the one to do it. */
function candidateOf(node: NodeState, clique: NodeSet): Generation | null {
  const { current, lastVote, standing } = node.membership;
  const me = node.config.node;
  const configured = nextConfigured(node);
  const changes = configured !== current.configured;
  if (standing === "online" && disconnected(node, current.members) === 0 && !changes) return null;
  if (isReferee(node)) return null;
  if (!contains(clique, me) || !isMajority(clique, current.configured)) return null;
  if (standing !== "online" && !contains(configured, me)) return null;
  if (standing === "outside" && !isMember(current, me) && lacksData(node, clique)) return null;
  const able = withData(node, ((current.members & clique) | setOf(me)) & configured);
  const members = withRefereeIfNeeded(node, able, clique, configured);
  const same = members === current.members && !changes;
  // An election of the same members would give nobody what it lacks.
  if (same && (standing !== "outside" || lastVote.number === current.number)) return null;
  const again =
    lastVote.number > current.number && isSameProposal(lastVote, { number: 0, members, configured });
  return { number: again ? lastVote.number : lastVote.number + 1, members, configured };
}

/** Whether somebody in the clique was online later than this node, and it has not caught up with such a one. */
function lacksData(node: NodeState, clique: NodeSet): boolean {
  const isBehind = toList(clique & ~setOf(node.config.node)).some(
    (peer) => peerOf(node, peer).lastOnlineIn > node.membership.lastOnlineIn,
  );
  return isBehind && !(hasCaughtUp(node) && isLatest(node, node.recovery.donor, clique));
}

function stand(node: NodeState, candidate: Generation, voters: NodeSet, context: Context): void {
  const { membership } = node;
  const me = setOf(node.config.node);
  if (membership.lastVote.number < candidate.number) promiseVote(node, candidate, context);
  membership.campaign = {
    candidate,
    voters,
    answered: me,
    granted: me,
    lastOnlineIn: membership.lastOnlineIn,
    donors: me,
    refusedBy: 0,
    grantedTo: 0,
    since: node.beats,
  };
  const { number, members } = candidate;
  const why = `the generation has nodes ${toList(membership.current.members).join(", ")}`;
  context.emit({ type: "note", note: { about: "campaign", generation: number, members, why } });
  sendTo(node, voters, candidacyOf(node, candidate), context);
  winWhenElected(node, membership.campaign, context);
}

function continueCampaign(node: NodeState, campaign: Campaign, context: Context): void {
  const beats = node.beats - campaign.since;
  const everybody = (campaign.voters & ~campaign.answered) === 0;
  if (everybody || beats >= 2 * node.config.resendBeats) return giveUp(node, campaign, context);
  if (beats % node.config.resendBeats !== 0) return;
  const asked = campaign.voters & ~campaign.answered;
  sendTo(node, asked, candidacyOf(node, campaign.candidate), context);
}

function candidacyOf({ membership }: NodeState, generation: Generation): Candidacy {
  return { type: "candidacy", generation, base: membership.current.configured };
}

/** Candidates come back one after another, so that they do not outbid each other for ever. */
function giveUp(node: NodeState, campaign: Campaign, context: Context): void {
  const { membership } = node;
  membership.campaign = null;
  backOff(node);
  // The number is spent: a refuser has promised it to somebody else (bug 42).
  if (campaign.refusedBy >= membership.lastVote.number) {
    const { configured } = membership.lastVote;
    promiseVote(node, { number: campaign.refusedBy, members: 0, configured }, context);
  }
}

function countVote(campaign: Campaign, from: NodeId, vote: ElectionVote): void {
  campaign.answered |= setOf(from);
  if (!vote.granted) {
    campaign.refusedBy = Math.max(campaign.refusedBy, vote.lastVote);
    return;
  }
  campaign.granted |= setOf(from);
  if (vote.grantedTo !== 0) campaign.grantedTo = vote.grantedTo;
  if (vote.lastOnlineIn < campaign.lastOnlineIn) return;
  if (vote.lastOnlineIn > campaign.lastOnlineIn) campaign.donors = 0;
  campaign.lastOnlineIn = vote.lastOnlineIn;
  campaign.donors |= setOf(from);
}

function winWhenElected(node: NodeState, campaign: Campaign, context: Context): void {
  const { candidate, granted, answered, donors, grantedTo } = campaign;
  if (!mayCount(node, granted, candidate.members, grantedTo)) return;
  if (!isMajority(granted, candidate.configured)) return;
  if (!isMajority(granted, node.membership.current.configured)) return;
  if ((candidate.members & ~answered) !== 0) return;
  // If that one goes away, the members would wait for it for ever; whoever holds most asks for itself.
  if ((candidate.members & donors) === 0) return;
  learnGeneration(node, candidate, donors, context);
}
