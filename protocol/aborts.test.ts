/** Every abort that a client is told of carries the node that applied a rule, the gid, the peer where there is one, and the rule. */
import { describe, expect, test } from "vitest";
import type { Answer } from "./client.ts";
import { COMMIT_PROTOCOLS } from "./config.ts";
import { applySession } from "./database.ts";
import type { Effect } from "./effects.ts";
import { makeGid, showGid } from "./gid.ts";
import { setOf } from "./members.ts";
import { ABORT_RULES, type AbortReason, type AbortRule, type Message } from "./messages.ts";
import {
  type Bench,
  beat,
  changeOf,
  createBench,
  give,
  hear,
  heartbeatOf,
  prepareOwn,
  prepareRemote,
  START,
  startBench,
} from "./testing.ts";

const ALL = setOf(1) | setOf(2) | setOf(3);
const ERROR = { code: "40001", message: "could not serialize access" };
const FAR_AHEAD = START + 3_600_000_000;

/** How a rule comes to be applied at node 1. What comes of it is an answer to its client, or a message to a peer. */
interface Stage {
  readonly rule: AbortRule;
  readonly what: string;
  readonly play: () => Effect[];
  readonly peers: readonly number[];
}

const STAGES: readonly Stage[] = [
  {
    rule: "prepare failed",
    what: "PREPARE of a client's transaction fails",
    play: () => {
      const bench = startBench();
      openOwn(bench);
      give(bench, { type: "request", session: 1, request: { type: "commit" } });
      return give(bench, { type: "database", reply: { type: "failed", session: 1, error: ERROR } });
    },
    peers: [],
  },
  {
    rule: "prepare failed",
    what: "PREPARE of node 2's transaction fails",
    play: () => {
      const bench = startBench();
      const { label } = changeOf(2, 1);
      give(bench, { type: "change", from: 2, change: changeOf(2, 1) });
      give(bench, { type: "database", reply: { type: "applied", gid: label.gid } });
      return failApply(bench, label.gid);
    },
    peers: [2],
  },
  {
    rule: "apply failed",
    what: "node 2's write set cannot be applied",
    play: () => {
      const bench = startBench();
      give(bench, { type: "change", from: 2, change: changeOf(2, 1) });
      return failApply(bench, makeGid(2, 1));
    },
    peers: [2],
  },
  {
    rule: "clock drift",
    what: "node 2's write set has a stamp that nobody bears out",
    play: () =>
      give(startBench(), {
        type: "change",
        from: 2,
        change: changeOf(2, 1, { coordinatorStamp: FAR_AHEAD }),
      }),
    peers: [2],
  },
  {
    rule: "clock drift",
    what: "node 3's vote has a stamp that nobody bears out",
    play: () => {
      const bench = startBench();
      const gid = prepareOwn(bench);
      return [
        ...hear(bench, 3, { type: "vote", gid, generation: 1, stamp: FAR_AHEAD }),
        ...rollBack(bench, gid),
      ];
    },
    peers: [3],
  },
  {
    rule: "other generation",
    what: "node 2's write set is of an older generation",
    play: () => give(startBench(), { type: "change", from: 2, change: changeOf(2, 1, { generation: 0 }) }),
    peers: [2],
  },
  {
    rule: "other generation",
    what: "the vote of node 3 is missing, and the next generation is without it",
    play: () => {
      const bench = startBench({ membership: "elected" });
      const gid = prepareOwn(bench);
      hear(bench, 2, { type: "vote", gid, generation: 1, stamp: START });
      const members = setOf(1) | setOf(2);
      const generation = { number: 2, members, configured: ALL };
      hear(bench, 2, { type: "candidacy", generation, base: ALL });
      return [
        ...hear(bench, 2, heartbeatOf(bench, { generation, donors: members, lastOnlineIn: 2 })),
        ...rollBack(bench, gid),
      ];
    },
    peers: [3],
  },
  {
    rule: "not online",
    what: "BEGIN before a majority's clocks were compared",
    play: () => {
      const bench = createBench({ membership: "elected" });
      give(bench, { type: "started", records: [], prepared: [], outcomes: [], finished: [] });
      return begin(bench);
    },
    peers: [2, 3],
  },
  {
    rule: "not online",
    what: "BEGIN while the link to node 3 is down",
    play: () => {
      const bench = startBench({ membership: "elected" });
      hear(bench, 3, heartbeatOf(bench, { heard: setOf(2) | setOf(3) }));
      return begin(bench);
    },
    peers: [3],
  },
  {
    rule: "not online",
    what: "the next generation is without this node, whose client has a transaction open",
    play: () => {
      const bench = startBench({ membership: "elected" });
      openOwn(bench);
      const generation = { number: 2, members: setOf(2) | setOf(3), configured: ALL };
      const news = { generation, donors: generation.members, lastOnlineIn: 2 };
      hear(bench, 2, heartbeatOf(bench, news));
      return give(bench, { type: "request", session: 1, request: { type: "commit" } });
    },
    peers: [],
  },
  {
    rule: "vote timeout",
    what: "the vote of node 3 does not come",
    play: () => {
      const bench = startBench();
      const gid = prepareOwn(bench);
      hear(bench, 2, { type: "vote", gid, generation: 1, stamp: START });
      const effects: Effect[] = [];
      for (let count = 0; count < bench.state.config.voteBeats; count++) effects.push(...beat(bench));
      return [...effects, ...rollBack(bench, gid)];
    },
    peers: [3],
  },
  {
    rule: "wounded",
    what: "an older transaction of node 3 waits on node 2 for a prepared one",
    play: () => {
      const bench = startBench();
      const gid = prepareOwn(bench);
      return [...hear(bench, 2, { type: "wound", gid, by: makeGid(3, 1) }), ...rollBack(bench, gid)];
    },
    peers: [3],
  },
  {
    rule: "wounded",
    what: "an older session of node 2, which has no gid yet, waits there",
    play: () => {
      const bench = startBench();
      const gid = prepareOwn(bench);
      return [...hear(bench, 2, { type: "wound", gid, by: 0 }), ...rollBack(bench, gid)];
    },
    peers: [2],
  },
  {
    rule: "wounded",
    what: "an older transaction of node 2 waits for an open one",
    play: () => {
      const bench = startBench();
      openOwn(bench);
      const older = changeOf(2, 1, { age: 0 });
      give(bench, { type: "change", from: 2, change: older });
      const edges = [{ waiter: applySession(older.label.gid), holder: 1 }];
      give(bench, { type: "database", reply: { type: "waits", edges } });
      return give(bench, { type: "request", session: 1, request: { type: "commit" } });
    },
    peers: [2],
  },
  {
    rule: "prepare after promise",
    what: "node 2's write set comes after a resolver's question",
    play: () => {
      const bench = startBench({ commit: "e3pc" });
      hear(bench, 3, inquiry(2, 65));
      return give(bench, { type: "change", from: 2, change: changeOf(2, 1) });
    },
    peers: [2],
  },
  {
    rule: "coordinator has no record",
    what: "node 2 asks about what this node has forgotten",
    play: () => hear(startBench(), 2, inquiry(1, 0)),
    peers: [],
  },
  {
    rule: "already aborted",
    what: "node 3 asks about what this node knows to be aborted",
    play: () => {
      const bench = startBench();
      const gid = prepareRemote(bench, 1);
      hear(bench, 2, { type: "abort", gid, reason: { rule: "wounded", node: 2, peers: 0, detail: "test" } });
      rollBack(bench, gid);
      return hear(bench, 3, inquiry(2, 0));
    },
    peers: [2],
  },
  {
    rule: "resolver",
    what: "node 3 asks about node 2's transaction, which was never prepared here",
    play: () => hear(startBench(), 3, inquiry(2, 0)),
    peers: [2],
  },
];

describe("an abort says which node applied which rule, and about which peer", () => {
  test.each(STAGES)("$rule: $what", ({ rule, play, peers }) => {
    const reason = reasonIn(play());
    expect(reason).toMatchObject({ rule, node: 1, peers: peers.reduce((set, peer) => set | setOf(peer), 0) });
    expect(reason?.detail.length).toBeGreaterThan(10);
  });

  test("and there is a stage for every rule", () => {
    const staged = new Set(STAGES.map(({ rule }) => rule));
    expect(ABORT_RULES.filter((rule) => !staged.has(rule))).toEqual([]);
  });
});

describe.each(COMMIT_PROTOCOLS)("under %s", (commit) => {
  test.each(ABORT_RULES)("a client is told of %s at another node, whole", (rule) => {
    for (const type of ["refusal", "abort"] as const) {
      const bench = startBench({ commit });
      const gid = prepareOwn(bench);
      const reason: AbortReason = { rule, node: 2, peers: setOf(3), detail: "for the test" };
      hear(bench, 2, { type, gid, reason });
      const answer = answerIn(rollBack(bench, gid));
      expect(answer).toMatchObject({ gid, reason });
      expect(answer?.error.message).toBe(
        `transaction ${showGid(gid)} aborted: ${rule} (node 2, peer 3): for the test`,
      );
    }
  });
});

/** Client 1 begins. */
function begin(bench: Bench): Effect[] {
  const request = { type: "begin", isolation: "repeatable read", age: 0 } as const;
  return give(bench, { type: "request", session: 1, request });
}

/** Client 1 has written, and not yet asked to commit. */
function openOwn(bench: Bench): void {
  begin(bench);
  give(bench, { type: "database", reply: { type: "begun", session: 1 } });
  const statement = { type: "delete", table: "t", key: 1 } as const;
  give(bench, { type: "request", session: 1, request: { type: "execute", statement } });
  const result = { rows: [], versions: [], count: 1, replaced: 0, snapshot: { csn: 0, count: 0 } };
  give(bench, { type: "database", reply: { type: "executed", session: 1, result, wrote: true } });
}

function failApply(bench: Bench, gid: number): Effect[] {
  return give(bench, {
    type: "database",
    reply: { type: "failed", session: applySession(gid), error: ERROR },
  });
}

/** A client is answered when PostgreSQL has rolled back. */
function rollBack(bench: Bench, gid: number): Effect[] {
  return give(bench, { type: "database", reply: { type: "rolledBackPrepared", gid } });
}

/** About the first transaction of this coordinator. */
function inquiry(coordinator: number, term: number): Message {
  const gid = makeGid(coordinator, 1);
  return { type: "inquiry", gid, generation: 1, members: ALL, configured: ALL, term };
}

function answerIn(effects: readonly Effect[]): Extract<Answer, { type: "aborted" }> | undefined {
  for (const effect of effects) {
    if (effect.type === "answer" && effect.answer.type === "aborted") return effect.answer;
  }
  return undefined;
}

/** What a client or a peer is told. */
function reasonIn(effects: readonly Effect[]): AbortReason | undefined {
  for (const effect of effects) {
    if (effect.type === "send" && "reason" in effect.message) return effect.message.reason;
  }
  return answerIn(effects)?.reason;
}
