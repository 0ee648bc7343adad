/**
 * A state of the model of recovery, packed: what it has in common with generations, then a word for each generation, for
 * each node's log, for each node's campaign, and one for the crashes that are left.
 */
import type { NodeId, NodeSet } from "../../../../protocol/members.ts";
import type { State } from "../../model.ts";
import {
  assertNumbersFit,
  currentOf,
  generationWord,
  membersOf,
  OWN,
  SET,
  type Shape as Sizes,
  voteOf,
} from "./membership-state.ts";

export interface Shape extends Sizes {
  readonly crashes: number;
}

/** A log of eight records of four bits each: PREPAREs, outcomes, and the beginning of each generation but the first. */
const MOST_RECORDS = 8;
const RECORD = 4;

/** A node's own bits: members of the generation that it last voted for; from whom it recovers in its own, or did. */
const VOTED_MEMBERS = OWN;
const DONORS = OWN + 4;

/** A generation: its members, one bit for each set of donors that somebody has won it with, and who else won it. */
const DONOR_SETS = 4;
const RIVALS = 20;

/** A campaign: the candidate generation, whom the candidate sees, what it has heard from them. */
const MEMBERS = 3;
const CLIQUE = 7;
const YES = 11;
const POLLED = 15;
const LATEST_DONORS = 19;
const LATEST = 23;

export interface Campaign {
  readonly generation: number;
  readonly members: NodeSet;
  readonly clique: NodeSet;
  readonly yes: NodeSet;
  /** Who has answered, whatever it was. */
  readonly polled: NodeSet;
  /** Who of those that said yes were online in the latest generation, and which that is. */
  readonly donors: NodeSet;
  readonly latest: number;
}

/** Throws RangeError. */
export function assertFits(shape: Shape): void {
  assertNumbersFit(shape);
  if (2 * shape.transactions + shape.generations - 1 > MOST_RECORDS)
    throw new RangeError(
      `a log has room for ${MOST_RECORDS} records: two of each transaction, one of each generation but the first`,
    );
}

export function wordsOf({ nodes, transactions, generations }: Shape): number {
  return 3 * nodes + transactions + generations + 1;
}

export function votedMembersOf(state: State, node: NodeId): NodeSet {
  return ((state[node - 1] as number) >>> VOTED_MEMBERS) & SET;
}

export function setVotedMembers(state: State, node: NodeId, members: NodeSet): void {
  state[node - 1] = withSet(state[node - 1] as number, VOTED_MEMBERS, members);
}

export function donorsOf(state: State, node: NodeId): NodeSet {
  return ((state[node - 1] as number) >>> DONORS) & SET;
}

export function setDonors(state: State, node: NodeId, donors: NodeSet): void {
  state[node - 1] = withSet(state[node - 1] as number, DONORS, donors);
}

function withSet(word: number, shift: number, set: NodeSet): number {
  return (word & ~(SET << shift)) | (set << shift);
}

export function isElectedWith(shape: Shape, state: State, generation: number, donors: NodeSet): boolean {
  return ((state[generationWord(shape, generation)] as number) & (1 << (DONOR_SETS + donors))) !== 0;
}

/** Other members with which the generation was elected too: never any, but where a vote was forgotten. */
export function rivalsOf(shape: Shape, state: State, generation: number): NodeSet {
  return ((state[generationWord(shape, generation)] as number) >>> RIVALS) & SET;
}

export function setElected(
  shape: Shape,
  state: State,
  generation: number,
  members: NodeSet,
  donors: NodeSet,
): void {
  const word = generationWord(shape, generation);
  const known = membersOf(shape, state, generation);
  if (known === 0 || known === members)
    state[word] = (state[word] as number) | members | (1 << (DONOR_SETS + donors));
  else state[word] = (state[word] as number) | (members << RIVALS);
}

/** A record: 1 and up for the PREPARE of a transaction, then for its outcome, then for the beginning of a generation. */
export function recordAt(shape: Shape, state: State, node: NodeId, position: number): number {
  if (position >= MOST_RECORDS) return 0;
  return ((state[logWord(shape, node)] as number) >>> (RECORD * position)) & 0b1111;
}

export function logLength(shape: Shape, state: State, node: NodeId): number {
  let length = 0;
  while (recordAt(shape, state, node, length) !== 0) length += 1;
  return length;
}

export function isInLog(shape: Shape, state: State, node: NodeId, record: number): boolean {
  for (let position = 0; position < MOST_RECORDS; position++) {
    if (recordAt(shape, state, node, position) === record) return true;
  }
  return false;
}

export function append(shape: Shape, state: State, node: NodeId, record: number): void {
  const word = logWord(shape, node);
  state[word] = (state[word] as number) | (record << (RECORD * logLength(shape, state, node)));
}

export function outcomeRecord({ transactions }: Shape, transaction: number): number {
  return transactions + transaction;
}

/** The original's ParallelSafe: behind it, the node takes part in the generation. */
export function beginningRecord({ transactions }: Shape, generation: number): number {
  return 2 * transactions + generation - 1;
}

export function preparedBy({ transactions }: Shape, record: number): number {
  return record <= transactions ? record : 0;
}

export function finishedBy({ transactions }: Shape, record: number): number {
  return record > transactions && record <= 2 * transactions ? record - transactions : 0;
}

export function begunBy({ transactions }: Shape, record: number): number {
  return record > 2 * transactions ? record - 2 * transactions + 1 : 0;
}

/** The one transaction that is prepared and not finished, whose locks nobody gets past; 0 if there is none. */
export function pendingAt(shape: Shape, state: State, node: NodeId): number {
  for (let transaction = 1; transaction <= shape.transactions; transaction++) {
    if (!isInLog(shape, state, node, transaction)) continue;
    if (!isInLog(shape, state, node, outcomeRecord(shape, transaction))) return transaction;
  }
  return 0;
}

function logWord({ nodes, transactions, generations }: Shape, node: NodeId): number {
  return nodes + transactions + generations + node - 1;
}

/** Null if the node is not on one. */
export function campaignOf(shape: Shape, state: State, node: NodeId): Campaign | null {
  const word = state[campaignWord(shape, node)] as number;
  if (word === 0) return null;
  return {
    generation: word & 0b111,
    members: (word >>> MEMBERS) & SET,
    clique: (word >>> CLIQUE) & SET,
    yes: (word >>> YES) & SET,
    polled: (word >>> POLLED) & SET,
    donors: (word >>> LATEST_DONORS) & SET,
    latest: (word >>> LATEST) & 0b111,
  };
}

export function setCampaign(shape: Shape, state: State, node: NodeId, campaign: Campaign | null): void {
  state[campaignWord(shape, node)] = campaign === null ? 0 : packCampaign(campaign);
}

function packCampaign(campaign: Campaign): number {
  const { generation, members, clique, yes, polled, donors, latest } = campaign;
  const asked = generation | (members << MEMBERS) | (clique << CLIQUE);
  return asked | (yes << YES) | (polled << POLLED) | (donors << LATEST_DONORS) | (latest << LATEST);
}

function campaignWord({ nodes, transactions, generations }: Shape, node: NodeId): number {
  return 2 * nodes + transactions + generations + node - 1;
}

export function crashesLeft(shape: Shape, state: State): number {
  return state[wordsOf(shape) - 1] as number;
}

export function setCrashesLeft(shape: Shape, state: State, crashes: number): void {
  state[wordsOf(shape) - 1] = crashes;
}

/** Copies the node under another name, with other names of nodes and transactions in all that it knows. */
export function renameNode(
  shape: Shape,
  state: State,
  node: NodeId,
  renamed: State,
  name: NodeId,
  sets: readonly NodeSet[],
  transactionNames: readonly number[],
): void {
  renamed[name - 1] = (state[node - 1] as number) & ((1 << OWN) - 1);
  // No request for a generation that the node is in already is granted again, so whose vote it was is forgotten.
  const voted = voteOf(state, node) === currentOf(state, node) ? 0 : votedMembersOf(state, node);
  setVotedMembers(renamed, name, sets[voted] as number);
  setDonors(renamed, name, sets[donorsOf(state, node)] as number);
  renamed[logWord(shape, name)] = renameLog(shape, state[logWord(shape, node)] as number, transactionNames);
  renamed[campaignWord(shape, name)] = renameCampaign(state[campaignWord(shape, node)] as number, sets);
}

function renameLog(shape: Shape, log: number, names: readonly number[]): number {
  let renamed = 0;
  for (let shift = 0; shift < 32; shift += RECORD) {
    const record = (log >>> shift) & 0b1111;
    const [prepared, finished] = [preparedBy(shape, record), finishedBy(shape, record)];
    let name = record;
    if (prepared !== 0) name = names[prepared] as number;
    if (finished !== 0) name = outcomeRecord(shape, names[finished] as number);
    renamed |= name << shift;
  }
  return renamed;
}

function renameCampaign(word: number, sets: readonly NodeSet[]): number {
  if (word === 0) return 0;
  let renamed = word & 0b111;
  for (let shift = MEMBERS; shift < LATEST; shift += 4) {
    renamed |= (sets[(word >>> shift) & SET] as number) << shift;
  }
  return renamed | (word & (0b111 << LATEST));
}

/** With whom it was won matters for as long as somebody may still hear of it. */
export function renameGeneration(
  shape: Shape,
  state: State,
  generation: number,
  renamed: State,
  sets: readonly NodeSet[],
): void {
  const members = sets[membersOf(shape, state, generation)] as number;
  let word = members | ((sets[rivalsOf(shape, state, generation)] as number) << RIVALS);
  if (mayBeLearned(shape, state, generation)) {
    for (let donors = 1; donors < 1 << shape.nodes; donors++) {
      if (isElectedWith(shape, state, generation, donors))
        word |= 1 << (DONOR_SETS + (sets[donors] as number));
    }
  }
  renamed[generationWord(shape, generation)] = word;
}

function mayBeLearned({ nodes }: Shape, state: State, generation: number): boolean {
  for (let node = 1; node <= nodes; node++) {
    if (currentOf(state, node) < generation) return true;
  }
  return false;
}
