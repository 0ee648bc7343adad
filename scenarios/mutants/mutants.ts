/** The mutants. A new one is a row here and its name in names.ts; the test runs each until its check has noticed. */
import { e3pc } from "../../protocol/commit/e3pc.ts";
import { paxosCommit } from "../../protocol/commit/paxos-commit.ts";
import { twoPhase } from "../../protocol/commit/two-phase.ts";
import { abortByRight } from "../../protocol/commit/votes.ts";
import { getKeyed } from "../../protocol/keyed.ts";
import { majority, size, toList } from "../../protocol/members.ts";
import { INITIAL_TERM } from "../../protocol/messages.ts";
import { step } from "../../protocol/node.ts";
import { clockSiCommitter } from "../../protocol/snapshot/clock-si-committer.ts";
import { commitNow } from "../../protocol/snapshot/transaction-manager.ts";
import type { Transaction } from "../../protocol/state.ts";
import { decideAbort, reasonOf } from "../../protocol/transactions.ts";
import type { ScenarioInput } from "../scenario.ts";
import { MEMBERSHIP_MUTANTS } from "./membership-mutants.ts";
import { type Mutant, withCommit, withEffects, withInputs, withManager } from "./mutant.ts";

export const MUTANTS: readonly Mutant[] = [
  ...MEMBERSHIP_MUTANTS,
  {
    name: "accepts-any-term",
    about: "an E3PC acceptor accepts proposals below the term that it promised",
    source: "Lamport, Paxos Made Simple, P1a; mmts 1.9",
    caughtBy: "promises rise",
    shownBy: nervousBank("e3pc"),
    step: withCommit("e3pc", {
      message: (node, tx, from, message, context) => {
        const state = e3pcStateOf(tx);
        if (message.type === "precommit" || message.type === "preabort") state.promised = 0;
        e3pc.message(node, tx, from, message, context);
      },
    }),
  },
  {
    name: "acks-before-flush",
    about: "an acceptor answers a precommit before its own log write is durable",
    source: "mmts 9.1 bug 1 (d65f166)",
    caughtBy: "durable before told",
    shownBy: calmBank("e3pc"),
    step: withEffects((effect) =>
      effect.type === "send" && effect.message.type === "ack" ? { ...effect, unordered: true } : effect,
    ),
  },
  {
    name: "acknowledges-early",
    about:
      "a 2PC coordinator announces a commit, and tells its client, before its COMMIT PREPARED is durable",
    source: "theory 2.1; mmts 8.3 point 7",
    caughtBy: "acknowledged survives",
    shownBy: {
      ...calmBank("2pc"),
      snapshot: "local",
      disk: { unsynced: "lost" },
      faults: [
        {
          when: { on: { node: 1, site: "answer committed", when: "after", nth: 20, from: "300ms" } },
          fault: { kind: "crash", node: 1 },
          forUs: "500ms",
        },
      ],
    },
    step: withCommit("2pc", {
      message: (node, tx, from, message, context) => {
        twoPhase.message(node, tx, from, message, context);
        if (tx.outcome !== "commit" || tx.announced || tx.session === 0) return;
        const answer = { type: "committed", gid: tx.gid, csn: tx.csn } as const;
        context.emit({ type: "answer", session: tx.session, answer });
        const session = getKeyed(node.sessions, tx.session);
        if (session !== undefined) session.phase = "idle";
        tx.session = 0;
      },
    }),
  },
  {
    name: "aborts-by-right",
    about: "an E3PC coordinator aborts for an older transaction after it has proposed to commit",
    source: "mmts 1.6 step 4 (from here direct abort is forbidden), 1.9 I6",
    caughtBy: "no abort by right",
    shownBy: {
      ...calmBank("e3pc"),
      duration: "3s",
      faults: [
        {
          when: { on: { node: 1, site: "send precommit", when: "after", nth: 2, from: "300ms" } },
          fault: { kind: "cut", from: [2, 3], to: [1] },
          forUs: "1500ms",
        },
      ],
    },
    step: withCommit("e3pc", {
      beat: (node, tx, context) => {
        const gaveUp = e3pcStateOf(tx).proposed && tx.outcome === "undecided" && node.beats - tx.since >= 5;
        if (!gaveUp || tx.coordinator !== node.config.node) return e3pc.beat(node, tx, context);
        abortByRight(node, tx, reasonOf(node, "vote timeout", "no ack for half a second"), context);
      },
    }),
  },
  {
    name: "aborts-after-voting",
    about: "a 2PC participant that waits too long for the decision rolls back by itself",
    source: "theory 5.3 L8, L10",
    caughtBy: "one outcome",
    shownBy: {
      ...calmBank("2pc"),
      duration: "4s",
      faults: [{ when: { at: "500ms" }, fault: { kind: "cut", from: [1], to: [3] }, forUs: "2500ms" }],
    },
    step: withCommit("2pc", {
      beat: (node, tx, context) => {
        const waiting = tx.coordinator !== node.config.node && tx.local === "prepared";
        if (!waiting || tx.outcome !== "undecided" || node.beats - tx.since < 5) {
          return twoPhase.beat(node, tx, context);
        }
        decideAbort(node, tx, reasonOf(node, "vote timeout", "no decision for half a second"), context);
      },
    }),
  },
  {
    name: "acceptor-amnesia",
    about: "an acceptor that restarts has forgotten what it promised and accepted",
    source: "theory 2.8 (amnesia breaks all of them); mmts 1.9 I5",
    caughtBy: "promises rise",
    shownBy: {
      ...calmBank("e3pc"),
      duration: "6s",
      settle: "10s",
      faults: [
        {
          when: { on: { node: 1, site: "decide", when: "after", from: "300ms" } },
          fault: { kind: "crash", node: 1 },
          forUs: "3s",
        },
        {
          when: { on: { node: 2, site: "persist e3pc", when: "after", nth: 2, from: "1s" } },
          fault: { kind: "crash", node: 2 },
          forUs: "200ms",
        },
        {
          when: { on: { node: 3, site: "send status", when: "after", from: "1s" } },
          fault: { kind: "crash", node: 3 },
          forUs: "200ms",
        },
      ],
    },
    step: withInputs((input) => {
      if (input.type !== "started") return input;
      return { ...input, records: input.records.filter((record) => record.kind !== "e3pc") };
    }),
  },
  {
    name: "applier-wins",
    about: "every node takes remote transactions for the older ones, so two that cross kill each other",
    source: "theory 0 finding 7, 5.4; mmts 6.5",
    caughtBy: "oldest survives",
    shownBy: { ...calmBank("2pc"), workload: { kind: "bank", accounts: 2, transfers: 1, totals: 0 } },
    step: withInputs((input) => {
      if (input.type !== "change" || input.change.kind !== "prepared") return input;
      const { change } = input;
      return { ...input, change: { ...change, label: { ...change.label, age: 1 } } };
    }),
  },
  {
    name: "breaks-foreign-keys",
    about: "the row locks that protect foreign keys do not travel with the write set",
    source: "theory 5.2 (role replica), 5.3 Beyond rows",
    caughtBy: "integrity",
    shownBy: {
      membership: "fixed",
      name: "family",
      duration: "4s",
      commit: "2pc",
      snapshot: "local",
      workload: { kind: "family" },
    },
    step: withInputs((input) => {
      if (input.type !== "change" || input.change.kind !== "prepared") return input;
      return { ...input, change: { ...input.change, locks: [] } };
    }),
  },
  {
    name: "commits-by-decision",
    about: "the committer lets commits become visible in the order in which they were decided",
    source: "theory 1.6, 5.1; mmts 9.2 bug 21",
    caughtBy: "prefix",
    shownBy: { ...calmBank("e3pc"), snapshot: "clock-si-committer" },
    step: withManager("clock-si-committer", {
      admit: (node, tx, context) => {
        node.queue.waiting.push(tx.gid);
        clockSiCommitter.advance(node, context);
      },
    }),
  },
  {
    name: "commits-on-majority",
    about: "a 2PC coordinator commits when a majority has voted",
    source: "theory 5.3 L1; mmts 4.6 (commit on majority acks)",
    caughtBy: "all prepared",
    shownBy: calmBank("2pc"),
    step: withCommit("2pc", {
      message: (node, tx, from, message, context) => {
        const enough = size(tx.votes) + 1 >= majority(tx.members);
        if (message.type === "vote" && enough && tx.local === "prepared") tx.votes = tx.members;
        twoPhase.message(node, tx, from, message, context);
      },
    }),
  },
  {
    name: "commits-twice",
    about: "a node carries out the same commit twice, as when two resolvers both reach it",
    source: "mmts 9.1 bug 13 (8b8381e)",
    caughtBy: "sound",
    shownBy: calmBank("2pc"),
    step: (state, input, emit) => {
      step(state, input, (effect) => {
        emit(effect);
        if (effect.type === "database" && effect.command.type === "commitPrepared") emit(effect);
      });
    },
  },
  {
    name: "commits-with-own-stamp",
    about: "a participant commits with its own prepare stamp in place of the agreed CSN",
    source: "mmts 9.2 bug 20 (6d9b336)",
    caughtBy: "same CSN",
    shownBy: { ...calmBank("2pc"), snapshot: "local" },
    step: withEffects((effect, state) => {
      if (effect.type !== "database" || effect.command.type !== "commitPrepared") return effect;
      const stamp = getKeyed(state.transactions, effect.command.gid)?.stamp ?? 0;
      return { ...effect, command: { ...effect.command, csn: stamp } };
    }),
  },
  {
    name: "corrupts-a-row",
    about: "node 3 applies one row of each write set with another value than it was sent",
    source: "theory 4.3 check 9",
    caughtBy: "equal data",
    shownBy: { ...calmBank("2pc"), workload: { kind: "register", keys: 5 } },
    step: withInputs((input, state) => {
      if (input.type !== "change" || input.change.kind !== "prepared" || state.config.node !== 3)
        return input;
      const [first, ...others] = input.change.rows;
      if (first === undefined || !("row" in first) || first.row === null) return input;
      const row = first.row.map((value, column) => (column === 1 ? Number(value) + 1 : value));
      return { ...input, change: { ...input.change, rows: [{ ...first, row }, ...others] } };
    }),
  },
  {
    name: "deaf-to-commits",
    about: "node 3 does not take commits, so what it has prepared stays prepared",
    source: "mmts 9.1 bug 6 (prepared for ever)",
    caughtBy: "nothing in doubt",
    shownBy: calmBank("2pc"),
    step: withInputs((input, state) => {
      if (input.type !== "message" || input.message.type !== "commit" || state.config.node !== 3)
        return input;
      return { ...input, message: { type: "finished", gid: input.message.gid } };
    }),
  },
  {
    name: "equivocates",
    about: "an E3PC coordinator proposes another CSN to its last member than to the others",
    source: "mmts 1.9 I3; theory 1.3 C3",
    caughtBy: "one value per term",
    shownBy: calmBank("e3pc"),
    step: withEffects((effect, state) => {
      if (effect.type !== "send" || effect.message.type !== "precommit") return effect;
      if (effect.to !== state.config.nodes) return effect;
      return { ...effect, message: { ...effect.message, csn: effect.message.csn + 1 } };
    }),
  },
  {
    name: "forgets-clock",
    about: "a restarted node stamps from its wall clock, whatever it had stamped before",
    source: "theory 1.3 C1, 5.6 V2",
    caughtBy: "CSN order",
    shownBy: {
      ...calmBank("2pc"),
      snapshot: "clock-si-committer",
      duration: "6s",
      clocks: [
        { node: 2, offset: "-400ms" },
        { node: 3, offset: "-400ms" },
      ],
      faults: [
        { when: { at: "2s" }, fault: { kind: "crash", node: 1 }, forUs: "100ms" },
        { when: { at: "2s" }, fault: { kind: "clock step", node: 1, byUs: "-800ms" } },
      ],
    },
    step: withInputs((input) => {
      if (input.type !== "started") return input;
      return { ...input, records: input.records.filter((record) => record.kind !== "clock") };
    }),
  },
  {
    name: "ignores-undecided",
    about: "the committer does not wait for transactions whose CSN may turn out smaller",
    source: "theory 1.6 rule (b)",
    caughtBy: "CSN order",
    shownBy: { ...calmBank("2pc"), snapshot: "clock-si-committer" },
    step: withManager("clock-si-committer", {
      admit: (node, tx, context) => {
        node.queue.inFlight = tx.gid;
        commitNow(node, tx, context);
      },
      advance: () => {},
      committed: () => {},
      isOpen: () => true,
    }),
  },
  {
    name: "keeps-own-promise-secret",
    about: "a Paxos Commit coordinator accepts votes although it has promised a higher term",
    source: "theory 2.5 (C skips its acceptor's promise check)",
    caughtBy: "chosen stays",
    shownBy: nervousBank("paxos-commit"),
    step: withCommit("paxos-commit", {
      message: (node, tx, from, message, context) => {
        const { commit } = tx;
        if (message.type === "vote" && commit.protocol === "paxos-commit") commit.promised = INITIAL_TERM;
        paxosCommit.message(node, tx, from, message, context);
      },
    }),
  },
  {
    name: "loses-a-row",
    about:
      "an applier that does not find a row goes on without it: only the first row of a write set arrives",
    source: "theory 5.2 I-MISS, 5.3 L4",
    caughtBy: "constant total",
    shownBy: { ...calmBank("2pc"), snapshot: "local" },
    step: withInputs((input) => {
      if (input.type !== "change" || input.change.kind !== "prepared") return input;
      return { ...input, change: { ...input.change, rows: input.change.rows.slice(0, 1) } };
    }),
  },
  {
    name: "loses-row-locks",
    about: "the locks of SELECT FOR UPDATE do not travel with the write set",
    source: "theory 5.2, 5.3 Beyond rows",
    caughtBy: "locks hold",
    shownBy: { name: "gate", duration: "1s", commit: "2pc", snapshot: "local", workload: { kind: "gate" } },
    step: withInputs((input) => {
      if (input.type !== "change" || input.change.kind !== "prepared") return input;
      return { ...input, change: { ...input.change, locks: [] } };
    }),
  },
  {
    name: "loses-the-search-path",
    about:
      "DDL travels without the search_path and the names that it led to, so an applier takes another schema",
    source: "mmts 6.2 (search_path always last)",
    caughtBy: "equal schema",
    shownBy: { name: "ddl", duration: "1s", commit: "2pc", snapshot: "local", workload: { kind: "ddl" } },
    step: withInputs((input) => {
      if (input.type !== "change" || input.change.kind !== "prepared") return input;
      const rows = input.change.rows.map((each) => {
        if (each.kind !== "ddl") return each;
        const objects = each.objects.map((name) => name.replace("drafts.", ""));
        return { ...each, environment: { ...each.environment, searchPath: "public" }, objects };
      });
      return { ...input, change: { ...input.change, rows } };
    }),
  },
  {
    name: "never-resolves",
    about: "nobody finishes a transaction whose coordinator is gone, although a majority could",
    source: "mmts 9.1 bug 10 (bc2dda8)",
    caughtBy: "progress",
    shownBy: {
      ...calmBank("e3pc"),
      faults: [
        {
          when: { on: { node: 1, site: "decide", from: "300ms" } },
          fault: { kind: "crash", node: 1 },
        },
      ],
    },
    step: withCommit("e3pc", { beat: () => {} }),
  },
  {
    name: "one-ack-is-enough",
    about: "an E3PC coordinator or resolver takes one acknowledgement for all",
    source: "mmts 1.9 (majority set to one), 10",
    caughtBy: "one outcome",
    shownBy: { ...nervousBank("e3pc"), nodes: 5 },
    step: (state, input, emit) => {
      step(state, input, emit);
      if (input.type !== "message" || input.message.type !== "ack") return;
      for (const node of toList(state.config.initial)) {
        if (node !== input.from && node !== state.config.node) step(state, { ...input, from: node }, emit);
      }
    },
  },
  {
    name: "parallel-committer",
    about: "COMMIT PREPARED is issued in CSN order, but to several sessions at once",
    source: "theory 7.2, 7.3 point 2",
    caughtBy: "isolation",
    shownBy: {
      membership: "fixed",
      name: "cross",
      duration: "3s",
      commit: "2pc",
      snapshot: "clock-si-committer",
      workload: {
        kind: "pairs",
        shows: "long fork",
        readers: 2,
        think: { kind: "uniform", min: "0us", max: "500us" },
      },
    },
    step: withManager("clock-si-committer", {
      admit: commitNow,
      advance: () => {},
      committed: () => {},
      isOpen: () => true,
    }),
  },
  {
    name: "prepares-without-vote",
    about: "under Paxos Commit a participant's PREPARE does not accept the coordinator's vote",
    source: "theory 2.5 (PREPARE does not carry C's vote)",
    caughtBy: "one outcome",
    shownBy: {
      ...calmBank("paxos-commit"),
      duration: "6s",
      faults: [
        {
          when: { on: { node: 1, site: "send commit", when: "before", from: "300ms" } },
          fault: { kind: "crash", node: 1 },
          forUs: "3s",
        },
      ],
    },
    step: withCommit("paxos-commit", {
      prepared: (node, tx, context) => {
        paxosCommit.prepared(node, tx, context);
        const { commit } = tx;
        if (tx.coordinator === node.config.node || commit.protocol !== "paxos-commit") return;
        commit.votes = commit.votes.map((vote, index) =>
          index === tx.coordinator - 1 ? { term: 0, stamp: 0 } : vote,
        );
      },
    }),
  },
  {
    name: "reads-ahead",
    about: "under Clock-SI a transaction reads at a time that its node's clock has not reached",
    source: "theory 1.2 (W1), 1.3 C4",
    caughtBy: "true labels",
    shownBy: { ...calmBank("2pc"), snapshot: "clock-si" },
    step: withManager("clock-si", {
      snapshot: (node, session) => {
        if (session.isolation === "read committed" || session.snapshot === 0)
          session.snapshot = node.now + 2_000;
        return session.snapshot;
      },
    }),
  },
  {
    name: "recomputes-csn",
    about: "an E3PC resolver that finds an accepted commit computes the CSN anew",
    source: "theory 1.3 C3, 5.6 V4; mmts 1.4",
    caughtBy: "chosen stays",
    shownBy: nervousBank("e3pc"),
    step: withEffects((effect) => {
      if (
        effect.type === "send" &&
        effect.message.type === "precommit" &&
        effect.message.term > INITIAL_TERM
      ) {
        return { ...effect, message: { ...effect.message, csn: effect.message.csn + 1 } };
      }
      return effect;
    }),
  },
  {
    name: "shares-numbers",
    about: "pairs of nodes draw the values of sequences from the same residue class",
    source: "mmts 6.3",
    caughtBy: "distinct numbers",
    shownBy: {
      name: "sequence",
      duration: "1s",
      commit: "2pc",
      snapshot: "local",
      workload: { kind: "sequence" },
    },
    step: withEffects((effect) => {
      if (effect.type !== "database" || effect.command.type !== "alignSequences") return effect;
      return { ...effect, command: { ...effect.command, node: (effect.command.node + 1) >> 1 } };
    }),
  },
];

export function mutantNamed(name: string): Mutant {
  const found = MUTANTS.find((mutant) => mutant.name === name);
  if (found === undefined) throw new Error(`there is no mutant ${name}`);
  return found;
}

function calmBank(commit: "2pc" | "3pc" | "e3pc" | "paxos-commit"): ScenarioInput {
  const workload = { kind: "bank", accounts: 20 } as const;
  return { name: "bank", commit, membership: "fixed", duration: "2s", settle: "10s", workload };
}

/** Timeouts as short as a trip: everybody suspects everybody, and resolvers race coordinators that are alive. */
function nervousBank(commit: "e3pc" | "paxos-commit"): ScenarioInput {
  return {
    ...calmBank(commit),
    snapshot: "local",
    protocol: { heartbeat: "1ms", suspectBeats: 1, voteBeats: 3, resendBeats: 1, resolveBeats: 1 },
    network: { mode: "datagram", latency: { kind: "exponential", min: "200us", mean: "600us" } },
  };
}

function e3pcStateOf(tx: Transaction) {
  if (tx.commit.protocol !== "e3pc") throw new Error("this mutant is one of E3PC");
  return tx.commit;
}
