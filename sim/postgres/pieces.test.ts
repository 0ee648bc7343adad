import { beforeEach, describe, expect, it } from "vitest";
import type { StreamPart } from "../../protocol/database.ts";
import { makeGid } from "../../protocol/gid.ts";
import { type Spool, spooledTransactions, takePart } from "../spool.ts";
import { createLab, flush, type Lab, labelOf, play, tell } from "./lab.ts";
import { closeStream, crash, openStream } from "./server.ts";

const GID = makeGid(1, 1);
const FOUR = "1 begin rc\n1 update a 1 v=1\n1 update a 1 v=2\n1 update a 2 v=3\n1 insert a 4 4 4";

let lab: Lab;
beforeEach(() => {
  lab = createLab({ decodingMemoryRows: 2, peers: [2] });
  openStream(lab.server, lab.host, 2, 0);
});

/** All that was sent, in order: what was prepared behind the rest. */
function parts(): StreamPart[] {
  return [...lab.others, ...lab.streamed].map(({ change }) => change);
}

function prepare(): void {
  tell(lab, { type: "prepare", session: 1, label: labelOf(GID) });
}

describe("a write set above the decoding memory", () => {
  it("leaves in pieces once they are durable, and the rest with the PREPARE", () => {
    lab.automatic = false;
    play(lab, FOUR);
    expect(parts()).toEqual([]);
    flush(lab);
    expect(parts()).toMatchObject([
      { kind: "piece", rows: [{ base: 0 }, { base: -1 }] },
      { kind: "piece", rows: [{ key: 2 }, { key: 4 }] },
    ]);
    play(lab, "1 delete a 3");
    prepare();
    flush(lab);
    expect(parts()[2]).toMatchObject({ kind: "last piece", change: { rows: [{ key: 3 }] } });
  });

  it("is put together as it would have left whole, with its own gid where it wrote over itself", () => {
    play(lab, FOUR);
    prepare();
    const whole = createLab({ peers: [2] });
    openStream(whole.server, whole.host, 2, 0);
    play(whole, FOUR);
    tell(whole, { type: "prepare", session: 1, label: labelOf(GID) });
    const spool: Spool = new Map();
    const assembled = parts().map((part) => takePart(spool, 1, part));
    expect(assembled.at(-1)).toEqual(whole.streamed.at(-1)!.change);
    expect(assembled.slice(0, -1).every((part) => part === null)).toBe(true);
    expect(spooledTransactions(spool)).toBe(0);
  });

  it("says so if its transaction comes to nothing (mmts 9.1 bug 15)", () => {
    const spool: Spool = new Map();
    play(lab, FOUR);
    for (const part of parts()) takePart(spool, 1, part);
    expect(spooledTransactions(spool)).toBe(1);
    play(lab, "1 rollback");
    expect(parts().at(-1)).toMatchObject({ kind: "piece aborted" });
    for (const part of parts().slice(-1)) takePart(spool, 1, part);
    expect(spooledTransactions(spool)).toBe(0);
  });

  it("says so too where a statement failed, and only if something had left", () => {
    play(lab, `${FOUR}\n1 insert a 3 3 3`);
    expect(parts().at(-1)).toMatchObject({ kind: "piece aborted" });
    const before = parts().length;
    play(lab, "1 rollback\n2 begin rc\n2 update a 1 v=1\n2 rollback");
    expect(parts()).toHaveLength(before);
  });

  it("comes again from the beginning on a new connection", () => {
    play(lab, FOUR);
    closeStream(lab.server, 2);
    openStream(lab.server, lab.host, 2, 0);
    lab.others.length = 0;
    play(lab, "1 update a 3 v=5\n1 update a 3 v=6");
    expect(parts()).toMatchObject([{ kind: "piece", rows: { length: 6 } }]);
    closeStream(lab.server, 2);
    prepare();
    openStream(lab.server, lab.host, 2, 0);
    expect(parts().at(-1)).toMatchObject({ kind: "prepared", rows: { length: 6 } });
  });

  it("is forgotten in a crash, in which connections break", () => {
    play(lab, FOUR);
    crash(lab.server, lab.host, lab.server.wal.flushed);
    openStream(lab.server, lab.host, 2, 0);
    const before = parts().length;
    play(lab, "1 begin rc\n1 update a 1 v=1");
    prepare();
    expect(parts().slice(before)).toMatchObject([{ kind: "prepared", rows: { length: 1 } }]);
  });
});
