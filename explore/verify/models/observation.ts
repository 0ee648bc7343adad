/** What a state shows of the vocabulary. */
import { getKeyed } from "../../../protocol/keyed.ts";
import { INITIAL_TERM } from "../../../protocol/messages.ts";
import type { Transaction } from "../../../protocol/state.ts";
import { hostOf, packetOf, packetsOf } from "../cluster.ts";
import type { Host } from "../host.ts";
import type { Seen, State } from "../model.ts";
import { bitOf } from "./vocabulary.ts";
import { GID, type Shown, type World } from "./world.ts";

export function observe(world: World, state: State, seen: Seen): void {
  const { nodes, vocabulary } = world;
  seen.messages |= messagesOf(world, state[nodes] as number);
  let resolving = 0;
  let together = -1;
  for (let node = 1; node <= nodes; node++) {
    const shown = shownBy(world, state[node - 1] as number);
    seen.states |= shown.states;
    seen.outcomes |= shown.anywhere;
    together &= shown.everywhere;
    if (shown.resolving) resolving += 1;
  }
  seen.outcomes |= outcomesOf(world, state, together);
  if (resolving < 2) return;
  seen.states |= bitOf(vocabulary.states, "two resolvers at once");
  seen.outcomes |= bitOf(vocabulary.outcomes, "two resolvers at once");
}

function messagesOf(world: World, network: number): number {
  const known = world.onTheWay[network];
  if (known !== undefined) return known;
  let seen = 0;
  for (const number of packetsOf(world.cluster, network)) {
    const packet = packetOf(world.cluster, number);
    const word = packet.kind === "message" ? packet.message.type : packet.kind;
    seen |= bitOf(world.vocabulary.messages, word);
  }
  world.onTheWay[network] = seen;
  return seen;
}

export function shownBy(world: World, number: number): Shown {
  const known = world.shown[number];
  if (known !== undefined) return known;
  const shown = look(world, hostOf(world.cluster, number));
  world.shown[number] = shown;
  return shown;
}

function look({ vocabulary }: World, host: Host): Shown {
  const { witnessed, database } = host;
  const tx = transactionOf(host);
  const words =
    host.state === null ? ["down"] : tx === undefined ? ["unknown"] : [tx.local, ...protocolStates(tx)];
  const outcomes: string[] = [];
  if (witnessed.answered === "committed") outcomes.push("client told it is committed");
  if (witnessed.answered === "aborted") outcomes.push("client told it is aborted");
  if (witnessed.resolved === "commit") outcomes.push("committed by a resolver");
  if (witnessed.resolved === "abort") outcomes.push("aborted by a resolver");
  if (witnessed.blocked) outcomes.push("blocked: only the coordinator knows");
  return {
    states: words.reduce((seen, word) => seen | bitOf(vocabulary.states, word), 0),
    anywhere: outcomes.reduce((seen, word) => seen | bitOf(vocabulary.outcomes, word), 0),
    everywhere: (witnessed.committed !== 0 ? 1 : 0) | (database.prepared === null ? 2 : 0),
    aborted: witnessed.aborted,
    resolving: witnessed.resolving && tx?.outcome === "undecided",
    quiet: witnessed.committed === 0 && witnessed.answered === "nothing" && witnessed.broken === null,
  };
}

function protocolStates({ commit }: Transaction): string[] {
  switch (commit.protocol) {
    case "2pc":
      return [];
    case "3pc":
      return commit.precommitted ? ["precommitted"] : [];
    case "e3pc":
      return [
        ...(commit.promised > INITIAL_TERM ? ["promised a higher term"] : []),
        ...(commit.accepted === 0 ? [] : [commit.csn === 0 ? "accepted an abort" : "accepted a commit"]),
      ];
    case "paxos-commit":
      return [
        ...(commit.promised > INITIAL_TERM ? ["promised a higher term"] : []),
        ...(commit.votes.some(({ term, stamp }) => term !== 0 && stamp !== 0) ? ["accepted a vote"] : []),
        ...(commit.votes.some(({ term, stamp }) => term !== 0 && stamp === 0) ? ["accepted an abort"] : []),
      ];
  }
}

/** Outcomes for which all nodes are looked at together. */
function outcomesOf(world: World, state: State, together: number): number {
  const { outcomes } = world.vocabulary;
  let seen = 0;
  if ((together & 1) !== 0) seen |= bitOf(outcomes, "committed on every node");
  if ((together & 2) === 0) return seen;
  for (let node = 1; node <= world.nodes; node++) {
    if (shownBy(world, state[node - 1] as number).aborted) {
      return seen | bitOf(outcomes, "aborted, and prepared nowhere");
    }
  }
  return seen;
}

function transactionOf(host: Host): Transaction | undefined {
  return host.state === null ? undefined : getKeyed(host.state.transactions, GID);
}
