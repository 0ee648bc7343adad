/** The commit protocols by name. A rival is a file beside the others and a row here. */
import type { CommitProtocolName } from "../config.ts";
import type { CommitProtocol } from "./commit-protocol.ts";
import { e3pc } from "./e3pc.ts";
import { paxosCommit } from "./paxos-commit.ts";
import { threePhase } from "./three-phase.ts";
import { twoPhase } from "./two-phase.ts";

export type CommitProtocols = Readonly<Record<CommitProtocolName, CommitProtocol>>;

export const commitProtocols: CommitProtocols = {
  "2pc": twoPhase,
  "3pc": threePhase,
  e3pc,
  "paxos-commit": paxosCommit,
};
