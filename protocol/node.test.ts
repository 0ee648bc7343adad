import { describe, expect, test } from "vitest";
import type { NodeConfig } from "./config.ts";
import type { Effect } from "./effects.ts";
import { makeGid } from "./gid.ts";
import type { Message } from "./messages.ts";
import {
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

function sent(effects: readonly Effect[]): { to: number; message: Message }[] {
  return effects.flatMap((effect) =>
    effect.type === "send" ? [{ to: effect.to, message: effect.message }] : [],
  );
}

function commands(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) => (effect.type === "database" ? [effect.command.type] : []));
}

const REASON = { rule: "wounded", node: 2, peers: 0, detail: "for the test" } as const;

describe("a node that has not been started", () => {
  test("takes nothing else", () => {
    expect(() => give(createBench(), { type: "timer", timer: "heartbeat" })).toThrow("before it was started");
  });

  test("is not started twice", () => {
    expect(() => {
      give(startBench(), { type: "started", records: [], prepared: [], outcomes: [], finished: [] });
    }).toThrow("twice");
  });
});

describe("a client", () => {
  test("is told to come again before a majority's clocks were compared", () => {
    const bench = createBench();
    give(bench, { type: "started", records: [], prepared: [], outcomes: [], finished: [] });
    const request = { type: "begin", isolation: "repeatable read", age: 0 } as const;
    const [answer] = give(bench, { type: "request", session: 1, request });
    expect(answer).toMatchObject({ type: "answer", answer: { type: "aborted", error: { code: "57P03" } } });
  });

  test("that disconnects while its transaction commits changes nothing of the commit", () => {
    const bench = startBench();
    const gid = prepareOwn(bench);
    give(bench, { type: "request", session: 1, request: { type: "disconnect" } });
    hear(bench, 2, { type: "vote", gid, generation: 1, stamp: START });
    expect(commands(hear(bench, 3, { type: "vote", gid, generation: 1, stamp: START }))).toEqual([
      "commitPrepared",
    ]);
    const effects = give(bench, { type: "database", reply: { type: "committedPrepared", gid } });
    expect(sent(effects).map(({ to, message }) => [to, message.type])).toEqual([
      [2, "commit"],
      [3, "commit"],
    ]);
    expect(effects.some(({ type }) => type === "answer")).toBe(false);
  });

  test("whose failed transaction it commits is told that it was rolled back", () => {
    const bench = startBench();
    give(bench, {
      type: "request",
      session: 1,
      request: { type: "begin", isolation: "read committed", age: 0 },
    });
    give(bench, { type: "database", reply: { type: "begun", session: 1 } });
    give(bench, { type: "request", session: 1, request: { type: "commit" } });
    const effects = give(bench, { type: "database", reply: { type: "rolledBack", session: 1 } });
    expect(effects).toEqual([{ type: "answer", session: 1, answer: { type: "rolledBack" } }]);
  });
});

describe("a write set", () => {
  test("of an older generation is refused, of a later one it is kept until that is learned", () => {
    const bench = startBench({ membership: "elected" });
    const later = give(bench, { type: "change", from: 2, change: changeOf(2, 2, { generation: 3 }) });
    expect(later).toEqual([]);
    const generation = { number: 3, members: 7, configured: 7 };
    hear(bench, 2, heartbeatOf(bench, { generation, donors: 7 }));
    const message = { kind: "parallel safe", generation, donors: 7 } as const;
    expect(commands(give(bench, { type: "database", reply: { type: "logged", message, lsn: 1 } }))).toEqual([
      "apply",
    ]);
    const effects = give(bench, { type: "change", from: 2, change: changeOf(2, 1, { generation: 1 }) });
    expect(commands(effects)).toEqual([]);
    expect(sent(effects)).toMatchObject([
      { to: 2, message: { type: "refusal", reason: { rule: "other generation" } } },
    ]);
  });

  test("of a coordinator whose clock nobody bears out is refused", () => {
    const bench = startBench();
    const change = changeOf(2, 1, { coordinatorStamp: START + 3_600_000_000 });
    const effects = give(bench, { type: "change", from: 2, change });
    expect(sent(effects)).toMatchObject([{ message: { type: "refusal", reason: { rule: "clock drift" } } }]);
  });

  test("that comes twice is applied once", () => {
    const bench = startBench();
    expect(commands(give(bench, { type: "change", from: 2, change: changeOf(2, 1) }))).toEqual(["apply"]);
    expect(commands(give(bench, { type: "change", from: 2, change: changeOf(2, 1) }))).toEqual([]);
  });

  test("that its abort overtook is not prepared any more", () => {
    const bench = startBench();
    hear(bench, 2, { type: "abort", gid: makeGid(2, 1), reason: REASON });
    expect(commands(give(bench, { type: "change", from: 2, change: changeOf(2, 1) }))).toEqual([]);
  });

  test("of a transaction that all have finished is not applied again", () => {
    const bench = startBench();
    hear(bench, 2, heartbeatOf(bench, { finishedBelow: makeGid(2, 5) }));
    expect(commands(give(bench, { type: "change", from: 2, change: changeOf(2, 4) }))).toEqual([]);
    expect(commands(give(bench, { type: "change", from: 2, change: changeOf(2, 5) }))).toEqual(["apply"]);
  });

  test("that was aborted while it was applied is rolled back, whatever PostgreSQL had already answered", () => {
    const bench = startBench();
    const { label } = changeOf(2, 1);
    give(bench, { type: "change", from: 2, change: changeOf(2, 1) });
    expect(commands(hear(bench, 2, { type: "abort", gid: label.gid, reason: REASON }))).toEqual(["rollback"]);
    expect(give(bench, { type: "database", reply: { type: "applied", gid: label.gid } })).toEqual([]);
    expect(
      commands(give(bench, { type: "database", reply: { type: "rolledBack", session: -label.gid } })),
    ).toEqual([]);
  });

  test("that was aborted while it was prepared is rolled back as soon as it is prepared", () => {
    const bench = startBench();
    const { gid } = changeOf(2, 1).label;
    give(bench, { type: "change", from: 2, change: changeOf(2, 1) });
    give(bench, { type: "database", reply: { type: "applied", gid } });
    expect(commands(hear(bench, 2, { type: "abort", gid, reason: REASON }))).toEqual([]);
    const effects = give(bench, { type: "database", reply: { type: "prepared", gid } });
    expect(commands(effects)).toEqual(["rollbackPrepared"]);
    expect(sent(effects)).toEqual([]);
  });
});

describe("messages that come late or again", () => {
  test("a vote for what the coordinator has forgotten is answered with abort", () => {
    const bench = startBench();
    const effects = hear(bench, 2, { type: "vote", gid: makeGid(1, 77), generation: 1, stamp: START });
    expect(sent(effects)).toMatchObject([{ to: 2, message: { type: "abort", gid: makeGid(1, 77) } }]);
  });

  test("a commit said again is acked again, and carried out once", () => {
    const bench = startBench();
    const gid = prepareRemote(bench, 1);
    expect(commands(hear(bench, 2, { type: "commit", gid, csn: START }))).toEqual(["commitPrepared"]);
    expect(hear(bench, 2, { type: "commit", gid, csn: START })).toEqual([]);
    give(bench, { type: "database", reply: { type: "committedPrepared", gid } });
    const effects = hear(bench, 2, { type: "commit", gid, csn: START });
    expect(effects).toEqual([{ type: "send", to: 2, message: { type: "finished", gid } }]);
  });

  test("a commit is said again until every member has acked it, then forgotten", () => {
    const bench = startBench();
    const gid = prepareOwn(bench);
    for (const peer of [2, 3]) hear(bench, peer, { type: "vote", gid, generation: 1, stamp: START });
    give(bench, { type: "database", reply: { type: "committedPrepared", gid } });
    hear(bench, 2, { type: "finished", gid });
    const commits = () =>
      sent([...beat(bench), ...beat(bench), ...beat(bench)]).filter(
        ({ message }) => message.type === "commit",
      );
    expect(commits()).toEqual([{ to: 3, message: { type: "commit", gid, csn: bench.state.clock.floor } }]);
    hear(bench, 3, { type: "finished", gid });
    expect(commits()).toEqual([]);
    expect(bench.state.transactions.count).toBe(0);
  });

  test("the mark in a heartbeat aborts what is undecided below it, and only that", () => {
    const bench = startBench();
    prepareRemote(bench, 1);
    prepareRemote(bench, 2);
    const effects = hear(bench, 2, heartbeatOf(bench, { finishedBelow: makeGid(2, 2) }));
    const rolledBack = effects.flatMap((effect) =>
      effect.type === "database" && effect.command.type === "rollbackPrepared" ? [effect.command.gid] : [],
    );
    expect(rolledBack).toEqual([makeGid(2, 1)]);
  });
});

describe("an older transaction that waits", () => {
  const waits = (waiter: number, holder: number) =>
    ({ type: "database", reply: { type: "waits", edges: [{ waiter, holder }] } }) as const;

  test("has a younger prepared one's coordinator asked to abort it", () => {
    const bench = startBench();
    const own = prepareOwn(bench);
    give(bench, { type: "change", from: 2, change: changeOf(2, 1, { age: 1 }) });
    const effects = give(bench, waits(-makeGid(2, 1), -own));
    expect(commands(effects)).toEqual(["rollbackPrepared"]);
    expect(sent(effects).map(({ to, message }) => [to, message.type])).toEqual([
      [2, "abort"],
      [3, "abort"],
    ]);
  });

  test("does not touch an older one", () => {
    const bench = startBench();
    const own = prepareOwn(bench);
    give(bench, { type: "change", from: 2, change: changeOf(2, 1, { age: START * 2 }) });
    expect(give(bench, waits(-makeGid(2, 1), -own))).toEqual([]);
  });

  test("does not touch one that is decided", () => {
    const bench = startBench();
    const own = prepareOwn(bench);
    for (const peer of [2, 3]) hear(bench, peer, { type: "vote", gid: own, generation: 1, stamp: START });
    give(bench, { type: "change", from: 2, change: changeOf(2, 1, { age: 1 }) });
    expect(give(bench, waits(-makeGid(2, 1), -own))).toEqual([]);
  });

  test("takes the row from a younger client's open transaction, whose next request is told so", () => {
    const bench = startBench();
    const request = { type: "begin", isolation: "read committed", age: 0 } as const;
    give(bench, { type: "request", session: 1, request });
    give(bench, { type: "database", reply: { type: "begun", session: 1 } });
    give(bench, { type: "change", from: 2, change: changeOf(2, 1, { age: 1 }) });
    expect(commands(give(bench, waits(-makeGid(2, 1), 1)))).toEqual(["rollback"]);
    const effects = give(bench, { type: "request", session: 1, request: { type: "commit" } });
    expect(effects).toMatchObject([
      { type: "answer", answer: { type: "aborted", error: { code: "40P01" } } },
    ]);
  });
});

describe("a restarted node", () => {
  const label = (coordinator: number, sequence: number) => changeOf(coordinator, sequence).label;

  test("aborts its own undecided transactions under 2PC, and tells the others", () => {
    const bench = createBench();
    const effects = give(bench, {
      type: "started",
      records: [],
      prepared: [label(1, 3)],
      outcomes: [],
      finished: [],
    });
    expect(commands(effects)).toContain("rollbackPrepared");
    expect(sent(effects).filter(({ message }) => message.type === "abort")).toHaveLength(2);
  });

  test("goes on with a decision that was on record", () => {
    const bench = createBench();
    const { gid } = label(1, 3);
    const record = {
      kind: "decision",
      gid,
      generation: 1,
      members: 7,
      configured: 7,
      csn: START + 5,
    } as const;
    bench.now = START + 10;
    const effects = give(bench, {
      type: "started",
      records: [record],
      prepared: [label(1, 3)],
      outcomes: [],
      finished: [],
    });
    expect(commands(effects)).toContain("commitPrepared");
    expect(sent(effects).filter(({ message }) => message.type === "commit")).toHaveLength(2);
  });

  test("votes again for what it had prepared, with the stamp that the label kept", () => {
    const bench = createBench();
    const effects = give(bench, {
      type: "started",
      records: [],
      prepared: [label(2, 3)],
      outcomes: [],
      finished: [],
    });
    expect(sent(effects)).toContainEqual({
      to: 2,
      message: { type: "vote", gid: makeGid(2, 3), generation: 1, stamp: START },
    });
  });

  test("says its commits again to all, since it cannot know who has heard", () => {
    const bench = createBench();
    const gid = makeGid(1, 3);
    give(bench, {
      type: "started",
      records: [],
      prepared: [],
      outcomes: [{ gid, csn: 9, generation: 1, members: 7, configured: 7 }],
      finished: [],
    });
    const again = sent([...beat(bench), ...beat(bench), ...beat(bench)]).filter(
      ({ message }) => message.type === "commit",
    );
    expect(again).toEqual([2, 3].map((to) => ({ to, message: { type: "commit", gid, csn: 9 } })));
  });

  test("gives no sequence number and no stamp a second time", () => {
    const first = createBench();
    give(first, { type: "started", records: [], prepared: [], outcomes: [], finished: [] });
    for (const peer of [2, 3]) {
      hear(first, peer, heartbeatOf(first, { finishedBelow: makeGid(peer, 1) }));
    }
    const gid = prepareOwn(first);
    const records = first.emitted.flatMap((effect) => (effect.type === "persist" ? [effect.record] : []));
    const second = startBench({}, { records });
    second.now = START - 100_000;
    expect(prepareOwn(second)).toBeGreaterThan(gid);
    expect(second.state.clock.floor).toBeGreaterThan(first.state.clock.floor);
  });
});

describe("with waitPeerCommits", () => {
  function committedHere() {
    const bench = startBench({ membership: "elected", waitPeerCommits: true });
    const gid = prepareOwn(bench);
    for (const peer of [2, 3]) hear(bench, peer, { type: "vote", gid, generation: 1, stamp: START });
    give(bench, { type: "database", reply: { type: "committedPrepared", gid } });
    return { bench, finished: { type: "finished", gid } as const };
  }

  const answers = (effects: readonly Effect[]) =>
    effects.flatMap((effect) => (effect.type === "answer" ? [effect.answer.type] : []));

  test("a client waits for the commit of every member", () => {
    const { bench, finished } = committedHere();
    expect(answers(hear(bench, 2, finished))).toEqual([]);
    expect(answers(hear(bench, 3, finished))).toEqual(["committed"]);
  });

  test("but not for one that is no member any more", () => {
    const { bench, finished } = committedHere();
    expect(answers(hear(bench, 2, finished))).toEqual([]);
    const generation = { number: 2, members: 3, configured: 7 };
    const news = heartbeatOf(bench, { generation, donors: 3 });
    expect(answers(hear(bench, 2, news))).toEqual(["committed"]);
  });
});

describe("a copy in doubt at a node that is online", () => {
  /** Node 1 has come online in generation 3, with a copy of node 2's transaction of generation 2; node 3 is online too. */
  function recoveredBench(config: Partial<NodeConfig> = {}) {
    const bench = createBench({ membership: "elected", ...config });
    const { label } = changeOf(2, 5, { generation: 2, members: 6, recovered: true });
    const current = { number: 3, members: 5, configured: 7 };
    const record = { kind: "membership", current, donors: 5, lastOnlineIn: 3, lastVote: current } as const;
    const rest = {
      safeLogged: true,
      joining: false,
      removing: 0,
      leaving: 0,
      copied: null,
      grantedTo: 0,
      grantedIn: 0,
    };
    const records = [{ ...record, ...rest }];
    give(bench, { type: "started", records, prepared: [label], outcomes: [], finished: [] });
    return { bench, gid: label.gid, generation: current };
  }

  function askedOf(effects: readonly Effect[]): number[] {
    return effects.flatMap((effect) => (effect.type === "probeStream" ? [effect.asked] : []));
  }

  test("is rolled back once all is read of one that is online without it", () => {
    const { bench, generation } = recoveredBench();
    hear(bench, 3, heartbeatOf(bench, { generation, lastOnlineIn: 3, doubts: [] }));
    const [asked = 0] = askedOf(beat(bench));
    expect(asked).toBeGreaterThan(0);
    const position = { kind: "position", asked, lsn: 1_000 } as const;
    expect(commands(give(bench, { type: "change", from: 3, change: position }))).toEqual([
      "rollbackPrepared",
    ]);
  });

  test("is not asked for after a restart under 3PC: the members may have finished and forgotten it", () => {
    const { bench } = recoveredBench({ commit: "3pc" });
    expect(sent(bench.emitted).filter(({ message }) => message.type === "inquiry")).toEqual([]);
  });

  test("is kept while that one is in doubt as well", () => {
    const { bench, gid, generation } = recoveredBench();
    hear(bench, 3, heartbeatOf(bench, { generation, lastOnlineIn: 3, doubts: [gid] }));
    expect(askedOf(beat(bench))).toEqual([]);
  });

  test("is kept, whatever one says of generations before the copy's", () => {
    const { bench } = recoveredBench();
    const older = { number: 2, members: 6, configured: 7 };
    hear(bench, 3, heartbeatOf(bench, { generation: older, lastOnlineIn: 2, doubts: [] }));
    expect(askedOf(beat(bench))).toEqual([]);
  });
});

test("a coordinator that has forgotten its commit, because all have finished it, takes a late word of it for no contradiction", () => {
  const bench = startBench();
  const gid = prepareOwn(bench);
  for (const peer of [2, 3]) hear(bench, peer, { type: "vote", gid, generation: 1, stamp: START });
  give(bench, { type: "database", reply: { type: "committedPrepared", gid } });
  for (const peer of [2, 3]) hear(bench, peer, { type: "finished", gid });
  expect(hear(bench, 2, { type: "commit", gid, csn: START })).toEqual([]);
});
