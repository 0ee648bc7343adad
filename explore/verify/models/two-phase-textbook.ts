/**
 * The textbook's two-phase commit: Gray, Lamport, "Consensus on Transaction Commit", TODS 2006, section 3; TwoPhase.tla.
 *
 * Resource managers and one transaction manager that never fail, and messages that are never lost and stay for ever.
 * Not our protocol: an oracle for the explorer, because its counts are published.
 */
import type { Invariant, Model, State } from "../model.ts";

const WORKING = 0;
const PREPARED = 1;
const COMMITTED = 2;
const ABORTED = 3;

const ACTIONS = [
  "TMRcvPrepared",
  "TMCommit",
  "TMAbort",
  "RMPrepare",
  "RMChooseToAbort",
  "RMRcvCommitMsg",
  "RMRcvAbortMsg",
] as const;

const TM_RCV_PREPARED = 0;
const TM_COMMIT = 1;
const TM_ABORT = 2;
const RM_PREPARE = 3;
const RM_CHOOSE_TO_ABORT = 4;
const RM_RCV_COMMIT = 5;
const RM_RCV_ABORT = 6;

/** Word 1, above the resource managers' fields: what the transaction manager did, which is also its message. */
const COMMIT_SENT = 1 << 20;
const ABORT_SENT = 1 << 21;

/** Each resource manager: two bits of state in word 0; in word 1, whether its vote was sent, and whether received. */
const MOST_RESOURCE_MANAGERS = 10;

interface Variant {
  /** Votes that the transaction manager commits without; 0 in the textbook. */
  readonly missingVotes?: number;
  readonly symmetry?: boolean;
}

export function twoPhaseTextbook(resourceManagers: number, variant: Variant = {}): Model {
  const { missingVotes = 0, symmetry = false } = variant;
  if (resourceManagers > MOST_RESOURCE_MANAGERS) throw new RangeError("too many to pack");
  const model: Model = {
    name: `two-phase-textbook-${resourceManagers}`,
    about: `the textbook's two-phase commit with ${resourceManagers} resource managers`,
    source: "Gray, Lamport, TODS 2006, section 3; TwoPhase.tla",
    bounds: "nobody crashes and no message is lost, as in the textbook",
    vocabulary: {
      actions: ACTIONS,
      messages: ["Prepared", "Commit", "Abort"],
      states: ["working", "prepared", "committed", "aborted"],
      outcomes: ["all committed", "all aborted"],
    },
    words: 2,
    initial: [[0, 0]],
    successors: (state, next, visit) => {
      const managers = state[0] as number;
      const rest = state[1] as number;
      const step = (action: number, manager: number, nextManagers: number, nextRest: number): void => {
        next[0] = nextManagers;
        next[1] = nextRest;
        visit(action, manager);
      };
      const undecided = (rest & (COMMIT_SENT | ABORT_SENT)) === 0;
      if (undecided) {
        if (receivedVotes(rest) >= resourceManagers - missingVotes) {
          step(TM_COMMIT, 0, managers, rest | COMMIT_SENT);
        }
        step(TM_ABORT, 0, managers, rest | ABORT_SENT);
      }
      for (let manager = 0; manager < resourceManagers; manager++) {
        if (undecided && (rest & sent(manager)) !== 0) {
          step(TM_RCV_PREPARED, manager, managers, rest | received(manager));
        }
        if (stateOf(managers, manager) === WORKING) {
          step(RM_PREPARE, manager, withState(managers, manager, PREPARED), rest | sent(manager));
          step(RM_CHOOSE_TO_ABORT, manager, withState(managers, manager, ABORTED), rest);
        }
        if ((rest & COMMIT_SENT) !== 0) {
          step(RM_RCV_COMMIT, manager, withState(managers, manager, COMMITTED), rest);
        }
        if ((rest & ABORT_SENT) !== 0) {
          step(RM_RCV_ABORT, manager, withState(managers, manager, ABORTED), rest);
        }
      }
    },
    observe: (state, seen) => {
      const rest = state[1] as number;
      if ((rest & 0xfffff) !== 0) seen.messages |= 1;
      if ((rest & COMMIT_SENT) !== 0) seen.messages |= 2;
      if ((rest & ABORT_SENT) !== 0) seen.messages |= 4;
      let states = 0;
      for (let manager = 0; manager < resourceManagers; manager++) {
        states |= 1 << stateOf(state[0] as number, manager);
      }
      seen.states |= states;
      if (states === 1 << COMMITTED) seen.outcomes |= 1;
      if (states === 1 << ABORTED) seen.outcomes |= 2;
    },
    invariants: [consistency(resourceManagers)],
    describe: (_state, action, manager) =>
      action === TM_COMMIT || action === TM_ABORT
        ? (ACTIONS[action] ?? "")
        : `${ACTIONS[action]}(r${manager + 1})`,
  };
  return symmetry ? { ...model, canonicalize: sortManagers(resourceManagers) } : model;
}

/** TCConsistent. */
function consistency(resourceManagers: number): Invariant {
  return {
    name: "consistent",
    violation: (state) => {
      let committed = 0;
      let aborted = 0;
      for (let manager = 0; manager < resourceManagers; manager++) {
        const own = stateOf(state[0] as number, manager);
        if (own === COMMITTED) committed = manager + 1;
        if (own === ABORTED) aborted = manager + 1;
      }
      if (committed === 0 || aborted === 0) return null;
      return `r${committed} has committed and r${aborted} has aborted`;
    },
  };
}

/** Resource managers differ by their names alone: the state that stands for all has them sorted, whole. */
function sortManagers(resourceManagers: number): (state: State) => void {
  const wholes: number[] = [];
  return (state) => {
    const managers = state[0] as number;
    const rest = state[1] as number;
    wholes.length = 0;
    for (let manager = 0; manager < resourceManagers; manager++) {
      const votes = ((rest >>> (2 * manager)) & 3) << 2;
      wholes.push(votes | stateOf(managers, manager));
    }
    wholes.sort((one, other) => one - other);
    let sortedManagers = 0;
    let sortedRest = rest & (COMMIT_SENT | ABORT_SENT);
    wholes.forEach((whole, manager) => {
      sortedManagers |= (whole & 3) << (2 * manager);
      sortedRest |= (whole >>> 2) << (2 * manager);
    });
    state[0] = sortedManagers;
    state[1] = sortedRest;
  };
}

function stateOf(managers: number, manager: number): number {
  return (managers >>> (2 * manager)) & 3;
}

function withState(managers: number, manager: number, own: number): number {
  return (managers & ~(3 << (2 * manager))) | (own << (2 * manager));
}

function sent(manager: number): number {
  return 1 << (2 * manager);
}

function received(manager: number): number {
  return 2 << (2 * manager);
}

function receivedVotes(rest: number): number {
  let votes = rest & 0xaaaaa;
  let count = 0;
  for (; votes !== 0; votes &= votes - 1) count += 1;
  return count;
}
