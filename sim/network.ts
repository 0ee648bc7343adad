/**
 * The network between nodes: directed links, each with its own latency, loss, duplication, delay and cuts.
 *
 * Two kinds of channel. A datagram is lost, repeated or overtaken as chance has it, and lost if its link is cut when it
 * is sent or arrives. An ordered connection (TCP) delivers everything in order or is seen to break: what is lost is
 * sent again after a while, what meets a cut is held until the cut ends, and if that takes too long the connection
 * breaks and all it held is gone; where a cut rejects, it breaks at once. "A reply is either delivered or the link is seen to break" is a property of this
 * file (the original's transport lacked it, mmts 9.1 bug 19).
 */
import { contains, type NodeId, type NodeSet } from "../protocol/members.ts";
import type { Distribution } from "../scenarios/durations.ts";
import type { Micros } from "../scenarios/history.ts";
import type { Random } from "../scenarios/random.ts";
import { sample } from "../scenarios/sampling.ts";

export type Channel = "messages" | "stream";

export interface Network {
  readonly nodes: number;
  readonly ordered: boolean;
  readonly resendAfter: Micros;
  loss: number;
  duplication: number;
  delayUpTo: Micros;
  /** By (channel, from, to). */
  readonly links: Link[];
}

export interface Link {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly channel: Channel;
  readonly ordered: boolean;
  readonly latency: Distribution;
  cut: boolean;
  /** What meets the cut is refused, and not held. */
  rejects: boolean;
  /** Rises with every cut, so that a timer of an earlier one is recognised. */
  cuts: number;
  /** Rises when the connection breaks: what was on its way in an earlier one never arrives. */
  connection: number;
  /** Nothing arrives before what was sent earlier. */
  lastArrival: Micros;
  /** What met the cut, in order. */
  readonly held: unknown[];
}

export interface NetworkParameters {
  readonly mode: "ordered" | "datagram";
  readonly latency: Distribution;
  readonly links: readonly { from: NodeId; to: NodeId; latency: Distribution }[];
  readonly loss: number;
  readonly duplication: number;
  readonly resendAfter: Micros;
}

export function createNetwork(parameters: NetworkParameters, nodes: number): Network {
  const links: Link[] = [];
  for (const channel of ["messages", "stream"] as const) {
    for (let from = 0; from <= nodes; from++) {
      for (let to = 0; to <= nodes; to++) links.push(createLink(parameters, channel, from, to));
    }
  }
  return {
    nodes,
    ordered: parameters.mode === "ordered",
    resendAfter: parameters.resendAfter,
    loss: parameters.loss,
    duplication: parameters.duplication,
    delayUpTo: 0,
    links,
  };
}

export function linkOf(network: Network, channel: Channel, from: NodeId, to: NodeId): Link {
  return network.links[linkIndex(network, channel, from, to)] as Link;
}

/** Place of a link in `links`: small enough to stand in an event. */
export function linkIndex({ nodes }: Network, channel: Channel, from: NodeId, to: NodeId): number {
  const size = nodes + 1;
  return ((channel === "stream" ? size : 0) + from) * size + to;
}

/**
 * When something sent now reaches the end of the link, or -1: never. Whether it is then delivered, `meet` says: what an
 * ordered connection sends into a cut is held there, behind what was on its way before. Draws from the link's own stream.
 */
export function arrivalOf(network: Network, link: Link, now: Micros, random: Random): Micros {
  if (link.cut && !link.ordered) return -1;
  let arrival = now + sample(link.latency, random);
  if (network.delayUpTo > 0) arrival += Math.floor(random() * network.delayUpTo);
  if (!link.ordered) return isLost(network, random) ? -1 : arrival;
  while (isLost(network, random)) arrival += network.resendAfter;
  if (arrival < link.lastArrival) arrival = link.lastArrival;
  link.lastArrival = arrival;
  return arrival;
}

/** When a second copy of a datagram arrives, or -1 if there is none. */
export function echoOf(network: Network, link: Link, now: Micros, random: Random): Micros {
  if (link.ordered || link.cut || network.duplication === 0) return -1;
  if (random() >= network.duplication) return -1;
  return now + sample(link.latency, random) + Math.floor(random() * network.delayUpTo);
}

export type Arrival = "delivered" | "held" | "lost";

/** What becomes of something that reaches the end of a link. */
export function meet(link: Link, connection: number, payload: unknown): Arrival {
  if (link.ordered && connection !== link.connection) return "lost";
  if (!link.cut) return "delivered";
  if (!link.ordered || link.rejects) return "lost";
  link.held.push(payload);
  return "held";
}

/** Cuts a link; returns the number of this cut. */
export function cutLink(link: Link, rejects = false): number {
  link.cut = true;
  link.rejects = rejects;
  link.cuts += 1;
  return link.cuts;
}

/** Ends the cut; what the link held is to be delivered at once, in order, before anything that is still on its way. */
export function healLink(link: Link): unknown[] {
  link.cut = false;
  link.cuts += 1;
  return link.held.splice(0);
}

/** The connection ends, at both ends; a new one begins with nothing on its way. */
export function breakLink(link: Link): void {
  link.connection += 1;
  link.held.length = 0;
  link.lastArrival = 0;
}

/** Whether a message between two nodes of a partition would be cut. */
export function isSeparated(groups: readonly NodeSet[], from: NodeId, to: NodeId): boolean {
  return !groups.some((group) => contains(group, from) && contains(group, to));
}

function createLink(parameters: NetworkParameters, channel: Channel, from: NodeId, to: NodeId): Link {
  const own = parameters.links.find((link) => link.from === from && link.to === to);
  return {
    from,
    to,
    channel,
    ordered: channel === "stream" || parameters.mode === "ordered",
    latency: own?.latency ?? parameters.latency,
    cut: false,
    rejects: false,
    cuts: 0,
    connection: 0,
    lastArrival: 0,
    held: [],
  };
}

function isLost(network: Network, random: Random): boolean {
  return network.loss > 0 && random() < network.loss;
}
