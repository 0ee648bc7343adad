import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LEVELS, type Level } from "../../levels.ts";
import type { Anomaly } from "./anomalies.ts";
import { levelsByDefinition } from "./brute-force.ts";
import { checkIsolation, type IsolationReport } from "./check-isolation.ts";
import { handMade, type Line } from "./hand-made.ts";
import { smallHistories } from "./small-histories.ts";

type Cell = "no" | "allowed";

/** A reader's first transaction makes the reads of every history count. */
const PROBE: Line = { steps: [{ read: "probe", from: "initial" }] };

function check(lines: readonly Line[]): IsolationReport {
  return checkIsolation(handMade([...lines, PROBE]), false);
}

function anomalyAt(report: IsolationReport, level: Level): Anomaly | undefined {
  return report.violations.find((violation) => violation.level === level)?.anomaly;
}

const LOST_UPDATE: Line[] = [
  {
    steps: [
      { read: "x", from: "initial" },
      { write: "x", over: "initial" },
    ],
  },
  {
    steps: [
      { read: "x", from: "initial" },
      { write: "x", over: "initial" },
    ],
  },
];
/** As a server without first-committer-wins has it: the second replaces the first, but read what was before. */
const LOST_UPDATE_IN_ORDER: Line[] = [
  {
    steps: [
      { read: "x", from: "initial" },
      { write: "x", over: "initial" },
    ],
  },
  {
    steps: [
      { read: "x", from: "initial" },
      { write: "x", over: 0 },
    ],
  },
];
const READ_SKEW: Line[] = [
  {
    steps: [
      { write: "x", over: "initial" },
      { write: "y", over: "initial" },
    ],
  },
  {
    steps: [
      { read: "x", from: 0 },
      { read: "y", from: "initial" },
    ],
  },
];
const CAUSALITY_VIOLATION: Line[] = [
  { steps: [{ write: "x", over: "initial" }] },
  {
    steps: [
      { read: "x", from: 0 },
      { write: "y", over: "initial" },
    ],
  },
  {
    steps: [
      { read: "y", from: 1 },
      { read: "x", from: "initial" },
    ],
  },
];
const LONG_FORK: Line[] = [
  { steps: [{ write: "x", over: "initial" }] },
  { steps: [{ write: "y", over: "initial" }] },
  {
    steps: [
      { read: "x", from: 0 },
      { read: "y", from: "initial" },
    ],
  },
  {
    steps: [
      { read: "x", from: "initial" },
      { read: "y", from: 1 },
    ],
  },
];
const WRITE_SKEW: Line[] = [
  {
    steps: [
      { read: "x", from: "initial" },
      { write: "y", over: "initial" },
    ],
  },
  {
    steps: [
      { read: "y", from: "initial" },
      { write: "x", over: "initial" },
    ],
  },
];
const STALE_OWN_WRITE: Line[] = [
  { session: 1, at: [0, 10], steps: [{ write: "x", over: "initial" }] },
  { session: 1, at: [10, 20], steps: [{ read: "x", from: "initial" }] },
];
const STALE_READ: Line[] = [
  { session: 1, at: [0, 10], steps: [{ write: "x", over: "initial" }] },
  { session: 2, at: [11, 20], steps: [{ read: "x", from: "initial" }] },
];
const CAUSAL_REVERSE: Line[] = [
  { session: 1, at: [0, 10], steps: [{ write: "x", over: "initial" }] },
  { session: 2, at: [11, 20], steps: [{ write: "y", over: "initial" }] },
  {
    session: 3,
    at: [0, 30],
    steps: [
      { read: "y", from: 1 },
      { read: "x", from: "initial" },
    ],
  },
];
const CAUSAL_REVERSE_IN_SESSION: Line[] = CAUSAL_REVERSE.map((line) => ({
  ...line,
  session: line.session === 2 ? 1 : (line.session ?? 0),
}));
const SERIAL: Line[] = [
  {
    session: 1,
    at: [0, 10],
    steps: [
      { write: "x", over: "initial" },
      { write: "y", over: "initial" },
    ],
  },
  {
    session: 2,
    at: [11, 20],
    steps: [
      { read: "x", from: 0 },
      { write: "x", over: 0 },
    ],
  },
  {
    session: 1,
    at: [21, 30],
    steps: [
      { read: "x", from: 1 },
      { read: "y", from: 0 },
    ],
  },
  {
    session: 3,
    at: [31, 40],
    steps: [
      { read: "y", from: 0 },
      { write: "y", over: 0 },
    ],
  },
];

describe("the table of what each level forbids (theory 4.1)", () => {
  const columns: Record<string, { lines: Line[]; cells: Partial<Record<Level, Cell>> }> = {
    "a lost update": {
      lines: LOST_UPDATE,
      cells: {
        "read committed": "allowed",
        "update atomic": "no",
        PSI: "no",
        GSI: "no",
        "strong session SI": "no",
        "strong SI": "no",
        serializable: "no",
        "strict serializable": "no",
      },
    },
    "a lost update of which the writes are in order": {
      lines: LOST_UPDATE_IN_ORDER,
      cells: {
        "read committed": "allowed",
        "update atomic": "no",
        PSI: "no",
        GSI: "no",
        "strong session SI": "no",
        "strong SI": "no",
        serializable: "no",
        "strict serializable": "no",
      },
    },
    "a fractured read": {
      lines: READ_SKEW,
      cells: {
        "read committed": "allowed",
        "update atomic": "no",
        PSI: "no",
        GSI: "no",
        "strong session SI": "no",
        "strong SI": "no",
        serializable: "no",
        "strict serializable": "no",
      },
    },
    "read skew across causally related transactions": {
      lines: CAUSALITY_VIOLATION,
      cells: {
        "read committed": "allowed",
        "update atomic": "allowed",
        PSI: "no",
        GSI: "no",
        "strong session SI": "no",
        "strong SI": "no",
        serializable: "no",
        "strict serializable": "no",
      },
    },
    "a long fork": {
      lines: LONG_FORK,
      cells: {
        "read committed": "allowed",
        "update atomic": "allowed",
        PSI: "allowed",
        GSI: "no",
        "strong session SI": "no",
        "strong SI": "no",
        serializable: "no",
        "strict serializable": "no",
      },
    },
    "write skew": {
      lines: WRITE_SKEW,
      cells: {
        "read committed": "allowed",
        "update atomic": "allowed",
        PSI: "allowed",
        GSI: "allowed",
        "strong session SI": "allowed",
        "strong SI": "allowed",
        serializable: "no",
        "strict serializable": "no",
      },
    },
    // The table's "no (sticky)" of update atomic is what mmts' sticky sessions add; the level has no sessions.
    "a stale read of one's own write": {
      lines: STALE_OWN_WRITE,
      cells: {
        "read committed": "allowed",
        "update atomic": "allowed",
        PSI: "no",
        GSI: "allowed",
        "strong session SI": "no",
        "strong SI": "no",
        serializable: "allowed",
        "strict serializable": "no",
      },
    },
    "a stale read of another's write": {
      lines: STALE_READ,
      cells: {
        "read committed": "allowed",
        "update atomic": "allowed",
        PSI: "allowed",
        GSI: "allowed",
        "strong session SI": "allowed",
        "strong SI": "no",
        serializable: "allowed",
        "strict serializable": "no",
      },
    },
    "a causal reverse across sessions": {
      lines: CAUSAL_REVERSE,
      cells: {
        "read committed": "allowed",
        "update atomic": "allowed",
        PSI: "allowed",
        GSI: "allowed",
        "strong session SI": "allowed",
        "strong SI": "no",
        serializable: "allowed",
        "strict serializable": "no",
      },
    },
    "a causal reverse of one session's writes": {
      lines: CAUSAL_REVERSE_IN_SESSION,
      cells: {
        "read committed": "allowed",
        "update atomic": "allowed",
        PSI: "no",
        GSI: "allowed",
        "strong session SI": "no",
        "strong SI": "no",
        serializable: "allowed",
        "strict serializable": "no",
      },
    },
  };

  for (const [name, { lines, cells }] of Object.entries(columns)) {
    for (const [level, cell] of Object.entries(cells)) {
      it(`${level}: ${name} is ${cell === "no" ? "not allowed" : "allowed"}`, () => {
        expect(check(lines).levels[level as Level]).toBe(cell === "no" ? "violated" : "holds");
      });
    }
  }

  it("a serial history satisfies every level", () => {
    const report = check(SERIAL);
    expect(report.strongest).toBe("strict serializable");
    expect(report.violations).toEqual([]);
    expect(Object.values(report.levels).every((verdict) => verdict === "holds")).toBe(true);
  });
});

describe("the anomaly is named by the shape of its cycle", () => {
  const cases: [Anomaly, Level, Line[]][] = [
    ["lost update", "read committed", LOST_UPDATE],
    ["lost update", "GSI", LOST_UPDATE_IN_ORDER],
    ["lost update", "update atomic", LOST_UPDATE_IN_ORDER],
    ["read skew", "PSI", READ_SKEW],
    ["fractured read", "update atomic", READ_SKEW],
    ["causality violation", "PSI", CAUSALITY_VIOLATION],
    ["long fork", "GSI", LONG_FORK],
    ["write skew", "serializable", WRITE_SKEW],
    ["stale read (session)", "strong session SI", STALE_OWN_WRITE],
    ["stale read (session)", "PSI", STALE_OWN_WRITE],
    ["stale read (real time)", "strong SI", STALE_READ],
    ["causal reverse", "strict serializable", CAUSAL_REVERSE],
    ["causality violation", "PSI", CAUSAL_REVERSE_IN_SESSION],
  ];
  for (const [anomaly, level, lines] of cases) {
    if (level === "read committed") continue;
    it(`${anomaly}, against ${level}`, () => {
      expect(anomalyAt(check(lines), level)).toBe(anomaly);
    });
  }

  it("a fork of versions is a lost update, against all levels above read committed", () => {
    const report = check(LOST_UPDATE);
    expect(report.strongest).toBe("read committed");
    expect(report.violations.map(({ anomaly }) => anomaly)).toEqual(new Array(7).fill("lost update"));
    expect(report.violations[0]?.sentences).toEqual([
      "T0 (1:1, node 1) replaced the initial version of r/x.",
      "T1 (1:2, node 1) replaced the same version.",
    ]);
  });

  it("a value read twice that changed in between is a non-repeatable read", () => {
    const report = check([
      { steps: [{ write: "x", over: "initial" }] },
      {
        steps: [
          { read: "x", from: "initial" },
          { read: "x", from: 0 },
        ],
      },
    ]);
    expect(report.strongest).toBe("read committed");
    expect(anomalyAt(report, "update atomic")).toBe("non-repeatable read");
  });

  it("the read-only transaction anomaly is one, and SI allows it", () => {
    const report = check([
      {
        steps: [
          { read: "x", from: "initial" },
          { read: "y", from: "initial" },
          { write: "x", over: "initial" },
        ],
      },
      {
        steps: [
          { read: "y", from: "initial" },
          { write: "y", over: "initial" },
        ],
      },
      {
        steps: [
          { read: "x", from: "initial" },
          { read: "y", from: 1 },
        ],
      },
    ]);
    expect(report.levels.GSI).toBe("holds");
    expect(anomalyAt(report, "serializable")).toBe("read-only transaction anomaly");
  });

  it("a transaction that sees a later version of what another wrote, but not the rest of it, is fractured", () => {
    const report = check([
      {
        steps: [
          { write: "x", over: "initial" },
          { write: "y", over: "initial" },
        ],
      },
      { steps: [{ write: "x", over: 0 }] },
      {
        steps: [
          { read: "x", from: 1 },
          { read: "y", from: "initial" },
        ],
      },
    ]);
    const violation = report.violations.find(({ level }) => level === "update atomic");
    expect(violation?.anomaly).toBe("fractured read");
    expect(violation?.edges.map(({ kind }) => kind)).toEqual(["RW", "WW", "WR"]);
  });
});

describe("what no committed transaction left", () => {
  it("a read of an aborted transaction's version violates every level (G1a)", () => {
    const report = check([
      { outcome: "aborted", steps: [{ write: "x", over: "initial" }] },
      {
        steps: [
          { read: "x", from: 0 },
          { write: "y", over: "initial" },
        ],
      },
    ]);
    expect(report.strongest).toBe("none");
    expect(report.violations.map(({ anomaly }) => anomaly)).toEqual(new Array(8).fill("aborted read"));
    expect(report.violations[0]?.sentences).toEqual([
      "T1 (1:2, node 1) read r/x in a version of 1:1, which did not commit.",
    ]);
  });

  it("a version of a committed transaction that never wrote the row is no better", () => {
    const report = check([{ steps: [{ write: "y", over: "initial" }] }, { steps: [{ read: "x", from: 0 }] }]);
    expect(report.strongest).toBe("none");
  });

  it("a write over an aborted transaction's version violates every level", () => {
    const report = check([
      { outcome: "aborted", steps: [{ write: "x", over: "initial" }] },
      { steps: [{ write: "x", over: 0 }] },
    ]);
    expect(anomalyAt(report, "read committed")).toBe("dirty write");
  });

  it("a row that disappeared though nobody deleted it violates every level", () => {
    const report = check([
      {
        steps: [
          { read: "x", from: "initial" },
          { write: "y", over: "initial" },
        ],
      },
      { steps: [{ read: "x", from: "absent" }] },
    ]);
    expect(anomalyAt(report, "read committed")).toBe("aborted read");
  });

  it("a read between two writes of one transaction violates every level (G1b)", () => {
    const writer: Line = {
      steps: [
        { write: "x", over: "initial", value: 1 },
        { write: "x", over: { gid: -1 }, add: 1 },
      ],
    };
    const early = check([writer, { steps: [{ read: "x", from: 0, value: 1 }] }]);
    const late = check([writer, { steps: [{ read: "x", from: 0, value: 2 }] }]);
    expect(anomalyAt(early, "read committed")).toBe("intermediate read");
    expect(late.strongest).toBe("strict serializable");
  });

  it("a read of a row that its writer deleted again violates every level", () => {
    const report = check([
      {
        steps: [
          { write: "x", over: "initial" },
          { delete: "x", over: { gid: -1 } },
        ],
      },
      { steps: [{ read: "x", from: 0 }] },
    ]);
    expect(report.strongest).toBe("none");
  });

  it("a cycle of reads alone violates every level (G1c)", () => {
    const report = check([
      {
        steps: [
          { read: "x", from: 1 },
          { write: "y", over: "initial" },
        ],
      },
      {
        steps: [
          { read: "y", from: 0 },
          { write: "x", over: "initial" },
        ],
      },
    ]);
    expect(report.strongest).toBe("none");
    expect(anomalyAt(report, "read committed")).toBe("circular information flow");
  });

  it("a cycle of writes violates every level (G0)", () => {
    const report = check([
      {
        steps: [
          { write: "x", over: "initial" },
          { write: "y", over: 1 },
        ],
      },
      {
        steps: [
          { write: "y", over: "initial" },
          { write: "x", over: 0 },
        ],
      },
    ]);
    expect(anomalyAt(report, "read committed")).toBe("write cycle");
  });

  it("versions that replaced each other are a cycle of writes", () => {
    const report = check([{ steps: [{ write: "x", over: 1 }] }, { steps: [{ write: "x", over: 0 }] }]);
    expect(anomalyAt(report, "read committed")).toBe("write cycle");
  });
});

describe("READ COMMITTED transactions", () => {
  const isolation = "read committed";

  it("may lose an update between two statements, and may read two snapshots", () => {
    const lost = check([
      {
        isolation,
        steps: [
          { read: "x", from: "initial" },
          { write: "x", over: 1 },
        ],
      },
      {
        isolation,
        steps: [
          { read: "x", from: "initial" },
          { write: "x", over: "initial" },
        ],
      },
    ]);
    const skewed = check([
      {
        steps: [
          { write: "x", over: "initial" },
          { write: "y", over: "initial" },
        ],
      },
      {
        isolation,
        steps: [
          { read: "y", from: "initial" },
          { read: "x", from: 0 },
        ],
      },
    ]);
    expect(lost.levels["strong SI"]).toBe("holds");
    expect(skewed.levels["strong SI"]).toBe("holds");
  });

  it("must not read two snapshots in one statement", () => {
    const report = check([
      {
        steps: [
          { write: "x", over: "initial" },
          { write: "y", over: "initial" },
        ],
      },
      {
        isolation,
        steps: [
          {
            readAll: [
              { key: "x", from: 0 },
              { key: "y", from: "initial" },
            ],
          },
        ],
      },
    ]);
    expect(report.strongest).toBe("read committed");
    expect(report.violations.at(-1)?.sentences[0]).toBe(
      "T1 statement 1 (read committed, read-only, node 1) did not see r/y as written by T0 (1:1, node 1): it read the initial version.",
    );
  });

  it("read newer rows than their snapshot where they lock", () => {
    const lines: Line[] = [
      {
        steps: [
          { write: "x", over: "initial" },
          { write: "y", over: "initial" },
        ],
      },
      {
        isolation,
        steps: [
          { read: "x", from: 0, lock: true },
          { read: "y", from: 0 },
        ],
      },
    ];
    expect(check(lines).strongest).toBe("strict serializable");
  });

  it("see the session's past in every statement", () => {
    const report = check([
      { session: 1, at: [0, 10], steps: [{ write: "x", over: "initial" }] },
      {
        session: 1,
        at: [11, 20],
        isolation,
        steps: [
          { read: "y", from: "initial" },
          { read: "x", from: "initial" },
        ],
      },
    ]);
    expect(report.strongest).toBe("serializable");
    expect(anomalyAt(report, "strong session SI")).toBe("stale read (session)");
  });

  it("cannot both replace one version", () => {
    const report = check([
      { isolation, steps: [{ write: "x", over: "initial" }] },
      { isolation, steps: [{ write: "x", over: "initial" }] },
    ]);
    expect(report.strongest).toBe("read committed");
  });
});

describe("reads of own writes (INT)", () => {
  it("are left out if they show the write", () => {
    const report = check([
      {
        steps: [
          { write: "x", over: "initial", value: 5 },
          { read: "x", from: "own", value: 5 },
        ],
      },
    ]);
    expect(report.strongest).toBe("strict serializable");
    expect(report.reads).toBe(1);
  });

  const violations: [string, Line][] = [
    [
      "the version before",
      {
        steps: [
          { write: "x", over: "initial" },
          { read: "x", from: "initial" },
        ],
      },
    ],
    [
      "no row",
      {
        steps: [
          { write: "x", over: "initial" },
          { read: "x", from: "absent" },
        ],
      },
    ],
    [
      "other values",
      {
        steps: [
          { write: "x", over: "initial", value: 5 },
          { read: "x", from: "own", value: 4 },
        ],
      },
    ],
    [
      "what it deleted",
      {
        steps: [
          { delete: "x", over: "initial" },
          { read: "x", from: "own" },
        ],
      },
    ],
  ];
  for (const [name, line] of violations) {
    it(`violate all levels above read committed if they show ${name}`, () => {
      const report = check([line]);
      expect(report.strongest).toBe("read committed");
      expect(anomalyAt(report, "update atomic")).toBe("internal inconsistency");
    });
  }

  it("count as such under READ COMMITTED too", () => {
    const steps: Line["steps"] = [{ insert: "x" }, { read: "x", from: "absent" }];
    expect(check([{ isolation: "read committed", steps }]).strongest).toBe("read committed");
  });
});

describe("rows that come and go", () => {
  it("a read that misses an inserted row comes before the insert", () => {
    const report = check([
      { steps: [{ insert: "x" }, { insert: "y" }] },
      {
        steps: [
          { read: "x", from: 0 },
          { read: "y", from: "absent" },
        ],
      },
    ]);
    expect(anomalyAt(report, "update atomic")).toBe("fractured read");
    expect(report.violations.at(-1)?.sentences[0]).toContain(
      "T1 (read-only, node 1) did not see r/y as written by T0",
    );
    expect(report.violations.at(-1)?.sentences[0]).toContain("it found no row");
  });

  it("so does one of the whole table, also of a key that is not heard of before", () => {
    const report = check([
      { steps: [{ readAll: [{ key: "x", from: 1 }] }] },
      { steps: [{ insert: "x" }, { insert: "y" }] },
    ]);
    expect(anomalyAt(report, "update atomic")).toBe("fractured read");
  });

  it("a row that is inserted and changed in one transaction was not there before", () => {
    const report = check([
      { steps: [{ insert: "x" }, { write: "x", over: { gid: -1 } }] },
      { steps: [{ read: "x", from: "absent" }] },
    ]);
    expect(report.strongest).toBe("strict serializable");
  });

  it("and a DELETE that finds nothing", () => {
    const report = check([
      { steps: [{ insert: "x" }, { insert: "y" }] },
      { steps: [{ read: "x", from: 0 }, { missDelete: "y" }] },
    ]);
    expect(anomalyAt(report, "update atomic")).toBe("fractured read");
  });

  it("a read that misses a deleted row comes after the delete", () => {
    const report = check([
      {
        steps: [
          { delete: "x", over: "initial" },
          { write: "y", over: "initial" },
        ],
      },
      {
        steps: [
          { read: "x", from: "absent" },
          { read: "y", from: "initial" },
        ],
      },
    ]);
    expect(anomalyAt(report, "update atomic")).toBe("fractured read");
    expect(report.violations.at(-1)?.sentences[1]).toBe("T0 deleted r/x, and T1 did not find it.");
  });

  const y = { write: "y", over: "initial" } as const;

  it("a key has several lives, in order of CSN", () => {
    const lines: Line[] = [
      { csn: 10, steps: [{ delete: "x", over: "initial" }] },
      { csn: 40, steps: [{ insert: "x" }] },
      { csn: 50, steps: [{ delete: "x", over: 1 }] },
      { csn: 20, steps: [{ insert: "x" }] },
      { csn: 30, steps: [{ delete: "x", over: 3 }] },
      {
        steps: [
          { read: "x", from: 1 },
          { read: "x", from: 1 },
        ],
      },
    ];
    expect(check(lines).strongest).toBe("strict serializable");
    const inSecondLife: Line = {
      steps: [
        { read: "x", from: 1 },
        { write: "z", over: "initial" },
      ],
    };
    const stillInFirst: Line = {
      steps: [
        { read: "z", from: 6 },
        { read: "x", from: 3 },
      ],
    };
    expect(anomalyAt(check([...lines, inSecondLife, stillInFirst]), "GSI")).toBe("causality violation");
  });

  it("a life that did not end is the last, whatever its CSN", () => {
    const report = check([
      { csn: 40, steps: [{ insert: "x" }] },
      { csn: 50, steps: [{ delete: "x", over: 0 }] },
      { csn: 20, steps: [{ insert: "x" }] },
    ]);
    expect(report.strongest).toBe("strict serializable");
  });

  it("an insert may name the deletion that it follows", () => {
    const lines: Line[] = [
      { csn: 30, steps: [{ insert: "x", over: 1 }] },
      { csn: 20, steps: [{ delete: "x", over: "initial" }] },
    ];
    expect(check(lines).strongest).toBe("strict serializable");
  });

  it("which of several absences was seen is left open", () => {
    const lines: Line[] = [
      { csn: 10, steps: [{ delete: "x", over: "initial" }] },
      { csn: 20, steps: [{ insert: "x" }] },
      { csn: 30, steps: [{ delete: "x", over: 1 }, y] },
    ];
    const reader: Line = {
      steps: [
        { read: "x", from: "absent" },
        { read: "y", from: "initial" },
      ],
    };
    expect(check([...lines, reader]).strongest).toBe("strict serializable");
  });

  it("and so are all absences if a transaction is unrecorded, and whether a key was inserted twice", () => {
    const stranger: [number, number] = [999 * 32 + 1, 20];
    const lines: Line[] = [
      { csn: 10, steps: [{ insert: "x" }, y] },
      {
        steps: [
          { read: "x", from: "absent" },
          { read: "y", from: 0 },
        ],
      },
      { csn: 30, steps: [{ insert: "x" }] },
    ];
    expect(check(lines).strongest).toBe("read committed");
    expect(checkIsolation(handMade(lines, [stranger]), false).strongest).toBe("strict serializable");
  });

  it("two inserts of one key without a delete are a lost update", () => {
    const report = check([{ steps: [{ insert: "x" }] }, { steps: [{ insert: "x" }] }]);
    expect(report.strongest).toBe("read committed");
    expect(report.violations[0]?.sentences).toEqual([
      "T0 (1:1, node 1) inserted r/x.",
      "T1 (1:2, node 1) inserted it too; nobody deleted it.",
    ]);
  });

  it("and so is an insert beside an initial row", () => {
    const report = check([{ steps: [{ insert: "x" }] }, { steps: [{ read: "x", from: "initial" }] }]);
    expect(report.strongest).toBe("read committed");
  });

  it("what a transaction inserts and deletes never was", () => {
    const report = check([
      { steps: [{ insert: "x" }, { delete: "x", over: { gid: -1 } }] },
      { steps: [{ insert: "x" }, y] },
      {
        steps: [
          { read: "x", from: "absent" },
          { read: "y", from: 1 },
        ],
      },
    ]);
    // There is but one absence, the one before T1.
    expect(anomalyAt(report, "update atomic")).toBe("fractured read");
  });
});

describe("answers that were lost", () => {
  it("a transaction that the servers committed counts, whatever its client knows", () => {
    const lines: Line[] = [
      {
        outcome: "unknown",
        committed: true,
        steps: [
          { write: "x", over: "initial" },
          { write: "y", over: "initial" },
        ],
      },
      {
        steps: [
          { read: "x", from: 0 },
          { read: "y", from: "initial" },
        ],
      },
    ];
    expect(check(lines).strongest).toBe("read committed");
  });

  it("it comes before nothing in time or session", () => {
    const report = check([
      {
        session: 1,
        at: [0, 10],
        outcome: "unknown",
        committed: true,
        steps: [{ write: "x", over: "initial" }],
      },
      { session: 1, at: [20, 30], steps: [{ read: "x", from: "initial" }] },
    ]);
    expect(report.strongest).toBe("strict serializable");
  });

  it("a transaction that the history does not know explains what was read and replaced", () => {
    const gid = 999 * 32 + 1;
    const lines: Line[] = [
      { csn: 10, steps: [{ write: "x", over: "initial" }] },
      {
        csn: 30,
        steps: [
          { write: "x", over: { gid } },
          { read: "y", from: { gid } },
        ],
      },
      {
        steps: [
          { read: "y", from: { gid } },
          { read: "x", from: "initial" },
        ],
      },
    ];
    const known = checkIsolation(handMade(lines, [[gid, 20]]), false);
    expect(anomalyAt(known, "update atomic")).toBe("fractured read");
    const unknown = checkIsolation(handMade(lines), false);
    expect(unknown.strongest).toBe("none");
  });
});

describe("too little to decide", () => {
  it("nothing is exercised without a read, or without a write", () => {
    for (const lines of [[], [PROBE], [{ steps: [{ write: "x", over: "initial" }] } satisfies Line]]) {
      const report = checkIsolation(handMade(lines), false);
      expect(report.strongest).toBe("none");
      expect(new Set(Object.values(report.levels))).toEqual(new Set(["not exercised"]));
    }
  });

  it("but what is violated is violated", () => {
    const writer: Line = { steps: [{ write: "x", over: "initial" }] };
    const report = checkIsolation(handMade([writer, writer]), false);
    expect(report.levels["update atomic"]).toBe("violated");
    expect(report.levels["read committed"]).toBe("not exercised");
  });
});

describe("against the definitions, tried out on small histories", () => {
  it("each level's verdict is that of its definition", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(smallHistories, (lines) => {
        const expected = levelsByDefinition(lines);
        const report = check(lines);
        for (const level of LEVELS) {
          if (level === "none" || report.levels[level] === "not exercised") continue;
          const found = report.levels[level] === "holds";
          seen.set(`${level} ${found}`, (seen.get(`${level} ${found}`) ?? 0) + 1);
          expect(`${level}: ${found}`).toBe(`${level}: ${expected[level]}`);
        }
      }),
      { numRuns: 2_000 },
    );
    // Both verdicts of every level were compared, many times.
    for (const level of LEVELS.slice(0, -1)) {
      expect(seen.get(`${level} true`) ?? 0).toBeGreaterThan(20);
      expect(seen.get(`${level} false`) ?? 0).toBeGreaterThan(20);
    }
  });

  it("a stronger level that holds leaves no weaker one violated", () => {
    const implied: [Level, Level[]][] = [
      ["strict serializable", [...LEVELS]],
      ["serializable", ["GSI", "update atomic", "read committed"]],
      ["strong SI", ["strong session SI"]],
      ["strong session SI", ["GSI", "PSI"]],
      ["GSI", ["update atomic"]],
      ["PSI", ["update atomic"]],
      ["update atomic", ["read committed"]],
    ];
    fc.assert(
      fc.property(smallHistories, (lines) => {
        const { levels } = check(lines);
        for (const [level, others] of implied) {
          if (levels[level] === "holds") {
            for (const other of others)
              expect(`${level}, ${other} ${levels[other]}`).not.toContain("violated");
          }
        }
      }),
    );
  });
});
