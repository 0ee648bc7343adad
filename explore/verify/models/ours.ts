/** The models of our reducers, and how much goes wrong in each unless one says otherwise. */
import type { CommitProtocolName } from "../../../protocol/config.ts";
import type { Allowance } from "./allowance.ts";

export interface OurModel {
  readonly name: string;
  readonly protocol: CommitProtocolName;
  readonly about: string;
  readonly allowance: Allowance;
}

/** What arrives may be late and in any order, and nobody crashes. */
const FROM_COMMIT: Allowance = {
  nodes: 3,
  timeouts: 1,
  crashes: 0,
  duplicates: 0,
  failures: 0,
  lateAnswers: true,
  prepared: false,
  ordered: false,
};

/** All have voted, and two of them, who cannot be sure that the coordinator is alive, set about finishing it. */
const RESOLVERS: Allowance = { ...FROM_COMMIT, timeouts: 2, prepared: true, ordered: true };

/** Each is explored to the end in at most two minutes on one core. 3PC is refuted with two nodes already. */
export const OURS: readonly OurModel[] = [
  { ...named("2pc", "from COMMIT on"), allowance: { ...FROM_COMMIT, timeouts: 2, failures: 1 } },
  { ...named("3pc", "from COMMIT on"), allowance: { ...FROM_COMMIT, nodes: 2, timeouts: 2 } },
  { ...named("e3pc", "from COMMIT on"), allowance: FROM_COMMIT },
  { ...named("paxos-commit", "from COMMIT on"), allowance: FROM_COMMIT },
  { ...resolversOf("2pc", "all prepared; one node crashes"), allowance: { ...RESOLVERS, crashes: 1 } },
  { ...resolversOf("e3pc", "all prepared; two resolvers compete"), allowance: RESOLVERS },
  { ...resolversOf("paxos-commit", "all prepared; two resolvers compete"), allowance: RESOLVERS },
];

function named(protocol: CommitProtocolName, begin: string) {
  return {
    name: protocol as string,
    protocol,
    about: `${protocol}: our reducers, one transaction, ${begin}`,
  };
}

function resolversOf(protocol: CommitProtocolName, begin: string) {
  return { ...named(protocol, begin), name: `${protocol}-resolvers` };
}
