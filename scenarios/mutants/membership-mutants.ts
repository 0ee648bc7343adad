/** Mutants of generations and recovery: the table of mmts 4.6, and bugs of 9.3 and 9.4. */
import { getKeyed, valuesOf } from "../../protocol/keyed.ts";
import { contains, toList } from "../../protocol/members.ts";
import { step } from "../../protocol/node.ts";
import type { NodeState } from "../../protocol/state.ts";
import type { ScenarioInput } from "../scenario.ts";
import { type Mutant, withEffects, withInputs } from "./mutant.ts";

export const MEMBERSHIP_MUTANTS: readonly Mutant[] = [
  {
    name: "forgets-its-vote",
    about: "a voter does not store for whom it voted, and votes again for somebody else with the same number",
    source: "mmts 9.4 bug 35 (24e4299)",
    caughtBy: "one generation",
    shownBy: nervousCluster(),
    step: (state, input, emit) => {
      const { lastVote } = state.membership;
      step(state, input, emit);
      if (input.type === "message" && input.message.type === "candidacy")
        state.membership.lastVote = lastVote;
    },
  },
  {
    name: "wins-with-half",
    about: "a candidate takes a vote for two: less than a majority elects a generation",
    source: "mmts 10 (half rule for odd n)",
    caughtBy: "one generation",
    shownBy: { ...nervousCluster(), nodes: 5 },
    step: (state, input, emit) => {
      step(state, input, emit);
      if (input.type !== "message" || input.message.type !== "election vote") return;
      const other = toList(state.config.initial).find(
        (node) => node !== input.from && node !== state.config.node,
      );
      if (other !== undefined) step(state, { ...input, from: other }, emit);
    },
  },
  {
    name: "breaks-its-vote",
    about: "a node that has voted for a later generation comes online in an earlier one all the same",
    source: "mmts 4.6 (ignore the vote promise)",
    caughtBy: "votes are promises",
    shownBy: nervousCluster(),
    step: (state, input, emit) => {
      if (input.type === "message" && input.message.type === "heartbeat") {
        state.membership.lastVote = state.membership.current;
      }
      step(state, input, emit);
    },
  },
  {
    name: "does-not-drain",
    about: "a donor comes online in a generation while it is still preparing for the one before",
    source: "mmts 4.2, 9.3 bug 27 (fbb98ce)",
    caughtBy: "generations in order",
    shownBy: { ...nervousCluster(), disk: { fsync: { kind: "uniform", min: "100us", max: "3ms" } } },
    step: (state, input, emit) => {
      const hidden = hidePreparing(state);
      step(state, input, emit);
      for (const gid of hidden) {
        const tx = getKeyed(state.transactions, gid);
        if (tx?.local === "committed") tx.local = "preparing";
      }
    },
  },
  {
    name: "every-voter-is-a-donor",
    about: "whoever votes is taken for a donor, also one that lacks what the others have",
    source: "mmts 4.6",
    caughtBy: "nothing missed",
    shownBy: {
      ...busyKillStart(),
      // It is always a little behind its donor.
      network: {
        links: [
          { from: 1, to: 3, latency: "20ms" },
          { from: 2, to: 3, latency: "20ms" },
        ],
      },
    },
    step: withInputs((input, state) => {
      if (input.type !== "message" || input.message.type !== "election vote") return input;
      const { lastOnlineIn } = state.membership;
      return { ...input, message: { ...input.message, lastOnlineIn } };
    }),
  },
  {
    name: "never-campaigns",
    about: "nobody stands for election, so a cluster that has lost a node waits for its votes for ever",
    source: "mmts 4.5",
    caughtBy: "progress",
    shownBy: { ...busyKillStart(), faults: [{ when: { at: "1s" }, fault: { kind: "crash", node: 3 } }] },
    step: withEffects((effect) =>
      effect.type === "send" && effect.message.type === "candidacy" ? null : effect,
    ),
  },
  {
    name: "drops-nobody",
    about: "nobody stands for a generation without one of the present members: who is silent is waited for",
    source: "mmts 10 (liveness); 9.4 bugs 36 to 41 are why one would rather not drop anybody",
    caughtBy: "majority works",
    shownBy: {
      name: "two alone",
      duration: "8s",
      settle: "30s",
      workload: { kind: "bank", accounts: 30, think: { kind: "uniform", min: "2ms", max: "20ms" } },
      nemesis: { kinds: ["pause"], majority: "6s" },
    },
    step: withEffects((effect, { membership }) => {
      if (effect.type !== "send" || effect.message.type !== "candidacy") return effect;
      return (membership.current.members & ~effect.message.generation.members) === 0 ? effect : null;
    }),
  },
  {
    name: "slow-to-campaign",
    about: "the first campaigns of a node are lost, so it takes seconds until the rest works again",
    source: "mmts 9.4 bugs 40 and 42 (campaigns that fail)",
    caughtBy: "short outages",
    shownBy: calmKillStart(),
    step: withEffects((effect, { membership }) =>
      effect.type === "send" && effect.message.type === "candidacy" && membership.failures < LOST_CAMPAIGNS
        ? null
        : effect,
    ),
  },
  {
    name: "removes-at-once",
    about:
      "a node that is asked to remove others counts them no more from that moment on, without an election",
    source: "mmts 5.4 (drop_node deletes a row; declared unsafe in the election's own comments)",
    caughtBy: "one generation",
    shownBy: {
      ...calmKillStart(),
      name: "two halves",
      faults: [
        { when: { at: "1s" }, fault: { kind: "partition", groups: [[1], [2, 3]] }, forUs: "4s" },
        { when: { at: "1200ms" }, fault: { kind: "remove", node: 2, by: 1 } },
        { when: { at: "1200ms" }, fault: { kind: "remove", node: 3, by: 1 } },
      ],
    },
    step: (state, input, emit) => {
      if (input.type === "order" && input.order.kind === "remove") {
        const { current } = state.membership;
        state.membership.current = { ...current, configured: current.configured & ~input.order.nodes };
      }
      step(state, input, emit);
    },
  },
  {
    name: "drops-what-was-copied",
    about:
      "a new node drops what its copy of the donor's database has prepared, as if the donor would send it again",
    source: "our own first version of it",
    caughtBy: "progress",
    shownBy: newNode(),
    step: (state, input, emit) => {
      for (const { gid } of valuesOf(state.transactions)) {
        const tx = getKeyed(state.transactions, gid);
        if (tx !== undefined) tx.withDatabase = false;
      }
      step(state, input, emit);
    },
  },
  {
    name: "forgets-the-outsider",
    about: "heartbeats go to members only, so a node that was left out never learns that it may come back",
    source: "mmts 9.4 bug 46 (be9bd5b)",
    caughtBy: "progress",
    shownBy: busyKillStart(),
    step: withEffects((effect, { membership }) =>
      effect.type === "send" &&
      effect.message.type === "heartbeat" &&
      !contains(membership.current.members, effect.to)
        ? null
        : effect,
    ),
  },
  {
    name: "lets-wal-go",
    about:
      "a node tells its peers that they need nothing of its WAL before its last syncpoint, whatever they hold",
    source: "mmts 9.3 bug 28 (ca43925, 224cba5), 5.3",
    caughtBy: "equal data",
    shownBy: donorDies(),
    step: withEffects((effect, { syncpoints }) => {
      if (effect.type !== "send" || effect.message.type !== "heartbeat") return effect;
      const keepFrom = syncpoints.written.at(-1)?.lsn ?? effect.message.keepFrom;
      return { ...effect, message: { ...effect.message, keepFrom } };
    }),
  },
  {
    name: "forgets-its-grant",
    about: "a referee that has let one node go on alone lets the other one too",
    source: "mmts 5.5, 9.5 (d584aab: a grant that was not persisted)",
    caughtBy: "nothing missed",
    shownBy: {
      name: "loser alone",
      nodes: 3,
      referee: true,
      duration: "10s",
      settle: "20s",
      workload: {
        kind: "bank",
        nodes: [1, 2],
        accounts: 20,
        think: { kind: "uniform", min: "2ms", max: "20ms" },
      },
      faults: [
        { when: { at: "1s" }, fault: { kind: "crash", node: 1 }, forUs: "3s" },
        { when: { at: "3500ms" }, fault: { kind: "crash", node: 2 }, forUs: "4s" },
      ],
    },
    step: (state, input, emit) => {
      state.membership.grantedTo = 0;
      step(state, input, emit);
    },
  },
];

const LOST_CAMPAIGNS = 4;

/** While a heartbeat is taken, what is being prepared looks as if it were done. */
function hidePreparing(state: NodeState): number[] {
  const hidden: number[] = [];
  if (state.membership.standing !== "online") return hidden;
  for (const tx of valuesOf(state.transactions)) {
    if (tx.local !== "preparing") continue;
    const known = getKeyed(state.transactions, tx.gid);
    if (known === undefined) continue;
    known.local = "committed";
    hidden.push(tx.gid);
  }
  return hidden;
}

function newNode(): ScenarioInput {
  return {
    name: "a new node",
    nodes: 4,
    spares: 1,
    duration: "6s",
    settle: "20s",
    workload: { kind: "bank", accounts: 20 },
    faults: [{ when: { at: "1s" }, fault: { kind: "join", node: 4 } }],
  };
}

function busyKillStart(): ScenarioInput {
  return {
    name: "kill-start",
    duration: "6s",
    settle: "20s",
    workload: { kind: "bank", accounts: 20 },
    faults: [{ when: { at: "1s" }, fault: { kind: "crash", node: 3 }, forUs: "2500ms" }],
  };
}

/** Node 3 copies from one donor, and then from the other. */
function donorDies(): ScenarioInput {
  return {
    name: "donor dies",
    duration: "10s",
    settle: "20s",
    workload: { kind: "bank", accounts: 20 },
    faults: [
      { when: { at: "1s" }, fault: { kind: "crash", node: 3 }, forUs: "3s" },
      {
        when: { on: { node: 3, site: "database apply", nth: 100, from: "4s" } },
        fault: { kind: "crash", node: 1 },
        forUs: "3s",
      },
    ],
  };
}

/** With enough time for the cluster to be judged before, between and after. */
function calmKillStart(): ScenarioInput {
  return {
    name: "calm kill-start",
    duration: "9s",
    settle: "30s",
    workload: { kind: "bank", accounts: 30, think: { kind: "uniform", min: "2ms", max: "20ms" } },
    faults: [{ when: { at: "2s" }, fault: { kind: "crash", node: 3 }, forUs: "3s" }],
  };
}

/** Elections all the time. */
function nervousCluster(): ScenarioInput {
  return {
    name: "nervous",
    snapshot: "local",
    duration: "5s",
    settle: "10s",
    workload: { kind: "bank", accounts: 20 },
    protocol: { heartbeat: "3ms", suspectBeats: 2, voteBeats: 6, resendBeats: 1, resolveBeats: 3 },
    network: { mode: "datagram", latency: { kind: "exponential", min: "200us", mean: "1500us" } },
  };
}
