/**
 * The textbook's Paxos Commit: Gray, Lamport, "Consensus on Transaction Commit", TODS 2006, appendix; PaxosCommit.tla
 * with two resource managers, three acceptors and the ballots 0 and 1.
 *
 * Messages are never taken from the network, so which were sent is part of the state; a lost one is one that nobody
 * receives. Not our protocol, whose acceptors are its members: an oracle for the explorer.
 */
import type { Model, State } from "../model.ts";

const MANAGERS = 2;
const ACCEPTORS = 3;
/** Any two acceptors of the three. */
const MAJORITIES = [0b011, 0b101, 0b110] as const;

const WORKING = 0;
const PREPARED = 1;
const COMMITTED = 2;
const ABORTED = 3;

/** A vote, where one can be missing. */
const NONE = 0;
const YES = 1;
const NO = 2;

const ACTIONS = [
  "RMPrepare",
  "RMChooseToAbort",
  "RMRcvCommitMsg",
  "RMRcvAbortMsg",
  "Phase1a",
  "Phase2a",
  "PCDecide",
  "Phase1b",
  "Phase2b",
] as const;

const RM_PREPARE = 0;
const RM_CHOOSE_TO_ABORT = 1;
const RM_RCV_COMMIT = 2;
const RM_RCV_ABORT = 3;
const PHASE_1A = 4;
const PHASE_2A = 5;
const DECIDE = 6;
const PHASE_1B = 7;
const PHASE_2B = 8;

/**
 * Word 0: the resource managers' states (2 bits each), phase 1a of ballot 1 (1 bit an instance), Commit and Abort, and
 * from bit 8 what each acceptor holds of each instance (3 bits): 0 to 2 a vote of ballot 0 with nothing promised, 3 to 5
 * the same with ballot 1 promised, 6 and 7 a vote of ballot 1.
 * Word 1: phase 1b (2 bits an acceptor and instance: 1 + the vote), then from bit 12 phase 2a (2 bits a ballot and instance).
 * Word 2: phase 2b (2 bits an acceptor, instance and ballot).
 */
const FIRST_1A = 4;
const COMMIT_SENT = 1 << 6;
const ABORT_SENT = 1 << 7;
const FIRST_HELD = 8;
const FIRST_2A = 12;
const PROMISED = 3;
const ACCEPTED_AGAIN = 5;

interface Variant {
  /** An acceptor accepts votes of ballot 0 although it has promised ballot 1. */
  readonly acceptsBelowPromise?: boolean;
  /** The leader proposes "aborted" in ballot 1 without phase 1. */
  readonly skipsPhase1?: boolean;
}

export function paxosCommitTextbook({
  acceptsBelowPromise = false,
  skipsPhase1 = false,
}: Variant = {}): Model {
  return {
    name: "paxos-commit-textbook",
    about: "the textbook's Paxos Commit: 2 resource managers, 3 acceptors, 2 ballots",
    source: "Gray, Lamport, TODS 2006, appendix; PaxosCommit.tla",
    bounds: "ballots 0 and 1; a lost message is one that is never received",
    vocabulary: {
      actions: ACTIONS,
      messages: ["phase1a", "phase1b", "phase2a", "phase2b", "Commit", "Abort"],
      states: ["working", "prepared", "committed", "aborted"],
      outcomes: ["all committed", "all aborted"],
    },
    words: 3,
    initial: [[0, 0, 0]],
    successors: (state, next, visit) => {
      const step = (action: number, argument: number, first: number, second: number, third: number): void => {
        next[0] = first;
        next[1] = second;
        next[2] = third;
        visit(action, argument);
      };
      for (let manager = 0; manager < MANAGERS; manager++) stepManager(state, manager, step);
      stepLeader(state, skipsPhase1, step);
      for (let acceptor = 0; acceptor < ACCEPTORS; acceptor++) {
        for (let manager = 0; manager < MANAGERS; manager++) {
          stepAcceptor(state, acceptor, manager, acceptsBelowPromise, step);
        }
      }
    },
    observe: (state, seen) => {
      const [first, second, third] = state as unknown as [number, number, number];
      if (((first >>> FIRST_1A) & 3) !== 0) seen.messages |= 1;
      if ((second & 0xfff) !== 0) seen.messages |= 2;
      if (second >>> FIRST_2A !== 0) seen.messages |= 4;
      if (third !== 0) seen.messages |= 8;
      if ((first & COMMIT_SENT) !== 0) seen.messages |= 16;
      if ((first & ABORT_SENT) !== 0) seen.messages |= 32;
      const states = (1 << managerState(first, 0)) | (1 << managerState(first, 1));
      seen.states |= states;
      if (states === 1 << COMMITTED) seen.outcomes |= 1;
      if (states === 1 << ABORTED) seen.outcomes |= 2;
    },
    invariants: [
      {
        name: "one decision",
        violation: ([first = 0]) =>
          (first & COMMIT_SENT) !== 0 && (first & ABORT_SENT) !== 0
            ? "Commit and Abort were both sent"
            : null,
      },
      {
        name: "consistent",
        violation: (state) => {
          const [one, other] = [managerState(state[0] as number, 0), managerState(state[0] as number, 1)];
          if (one === COMMITTED && other === ABORTED) return "r1 has committed and r2 has aborted";
          if (one === ABORTED && other === COMMITTED) return "r2 has committed and r1 has aborted";
          return null;
        },
      },
    ],
    describe: (_state, action, argument) => describe(action, argument),
  };
}

type Step = (action: number, argument: number, first: number, second: number, third: number) => void;

function stepManager(state: State, manager: number, step: Step): void {
  const [first, second, third] = state as unknown as [number, number, number];
  if (managerState(first, manager) === WORKING) {
    step(RM_PREPARE, manager, withManager(first, manager, PREPARED), propose(second, 0, manager, YES), third);
    step(
      RM_CHOOSE_TO_ABORT,
      manager,
      withManager(first, manager, ABORTED),
      propose(second, 0, manager, NO),
      third,
    );
  }
  if ((first & COMMIT_SENT) !== 0) {
    step(RM_RCV_COMMIT, manager, withManager(first, manager, COMMITTED), second, third);
  }
  if ((first & ABORT_SENT) !== 0) {
    step(RM_RCV_ABORT, manager, withManager(first, manager, ABORTED), second, third);
  }
  step(PHASE_1A, manager, first | (1 << (FIRST_1A + manager)), second, third);
}

function stepLeader(state: State, skipsPhase1: boolean, step: Step): void {
  const [first, second, third] = state as unknown as [number, number, number];
  for (let manager = 0; manager < MANAGERS; manager++) {
    if (proposed(second, 1, manager) !== NONE) continue;
    for (const majority of MAJORITIES) {
      const vote = skipsPhase1 ? NO : voteHeard(second, manager, majority);
      if (vote !== NONE) step(PHASE_2A, manager, first, propose(second, 1, manager, vote), third);
    }
  }
  if (isChosen(third, 0, YES) && isChosen(third, 1, YES)) step(DECIDE, 0, first | COMMIT_SENT, second, third);
  for (let manager = 0; manager < MANAGERS; manager++) {
    if (isChosen(third, manager, NO)) step(DECIDE, 1, first | ABORT_SENT, second, third);
  }
}

function stepAcceptor(
  state: State,
  acceptor: number,
  manager: number,
  acceptsBelowPromise: boolean,
  step: Step,
): void {
  const [first, second, third] = state as unknown as [number, number, number];
  const place = manager * ACCEPTORS + acceptor;
  const held = (first >>> (FIRST_HELD + 3 * place)) & 7;
  const argument = place;
  if ((first & (1 << (FIRST_1A + manager))) !== 0 && held < PROMISED) {
    step(
      PHASE_1B,
      argument,
      withHeld(first, place, held + PROMISED),
      second | ((held + 1) << (2 * place)),
      third,
    );
  }
  const early = proposed(second, 0, manager);
  if (early !== NONE && (held < PROMISED || acceptsBelowPromise)) {
    // Below its promise, it takes the vote and its ballot, and forgets what it had promised.
    step(PHASE_2B, argument, withHeld(first, place, early), second, tell(third, place, 0, early));
  }
  const late = proposed(second, 1, manager);
  if (late !== NONE) {
    step(
      PHASE_2B,
      argument + MANAGERS * ACCEPTORS,
      withHeld(first, place, ACCEPTED_AGAIN + late),
      second,
      tell(third, place, 1, late),
    );
  }
}

/** Phase 2a's value in ballot 1, if this majority has answered phase 1a: the vote that one of them holds, else no. */
function voteHeard(second: number, manager: number, majority: number): number {
  let vote = NO;
  for (let acceptor = 0; acceptor < ACCEPTORS; acceptor++) {
    if ((majority & (1 << acceptor)) === 0) continue;
    const answer = (second >>> (2 * (manager * ACCEPTORS + acceptor))) & 3;
    if (answer === 0) return NONE;
    if (answer - 1 === YES) vote = YES;
  }
  return vote;
}

/** Whether in one ballot a majority has said that it accepted this vote. */
function isChosen(third: number, manager: number, vote: number): boolean {
  for (let ballot = 0; ballot < 2; ballot++) {
    let count = 0;
    for (let acceptor = 0; acceptor < ACCEPTORS; acceptor++) {
      if (told(third, manager * ACCEPTORS + acceptor, ballot) === vote) count += 1;
    }
    if (count >= 2) return true;
  }
  return false;
}

function managerState(first: number, manager: number): number {
  return (first >>> (2 * manager)) & 3;
}

function withManager(first: number, manager: number, own: number): number {
  return (first & ~(3 << (2 * manager))) | (own << (2 * manager));
}

function withHeld(first: number, place: number, held: number): number {
  const shift = FIRST_HELD + 3 * place;
  return (first & ~(7 << shift)) | (held << shift);
}

function proposed(second: number, ballot: number, manager: number): number {
  return (second >>> (FIRST_2A + 2 * (ballot * MANAGERS + manager))) & 3;
}

function propose(second: number, ballot: number, manager: number, vote: number): number {
  return second | (vote << (FIRST_2A + 2 * (ballot * MANAGERS + manager)));
}

function told(third: number, place: number, ballot: number): number {
  return (third >>> (2 * (2 * place + ballot))) & 3;
}

function tell(third: number, place: number, ballot: number, vote: number): number {
  return third | (vote << (2 * (2 * place + ballot)));
}

function describe(action: number, argument: number): string {
  const name = ACTIONS[action] ?? "";
  switch (action) {
    case PHASE_1A:
    case PHASE_2A:
      return `${name}(ballot 1, r${argument + 1})`;
    case DECIDE:
      return `${name}(${argument === 0 ? "Commit" : "Abort"})`;
    case PHASE_1B:
    case PHASE_2B: {
      const place = argument % (MANAGERS * ACCEPTORS);
      const ballot = action === PHASE_1B || argument !== place ? 1 : 0;
      return `${name}(a${(place % ACCEPTORS) + 1}, ballot ${ballot}, r${Math.floor(place / ACCEPTORS) + 1})`;
    }
    default:
      return `${name}(r${argument + 1})`;
  }
}
