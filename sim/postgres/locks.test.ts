import { describe, expect, it } from "vitest";
import type { RowLockMode } from "../../protocol/database.ts";
import { createLab, play, tidy } from "./lab.ts";

const MODES: readonly RowLockMode[] = ["key share", "share", "no key update", "update"];

/** PostgreSQL's documentation, table "Conflicting Row-Level Locks". */
const CONFLICTS: Readonly<Record<RowLockMode, readonly RowLockMode[]>> = {
  "key share": ["update"],
  share: ["no key update", "update"],
  "no key update": ["share", "no key update", "update"],
  update: ["key share", "share", "no key update", "update"],
};

function run(log: string): void {
  expect(play(createLab(), log)).toBe(tidy(log));
}

describe("row locks", () => {
  for (const held of MODES) {
    for (const wanted of MODES) {
      const conflict = CONFLICTS[held].includes(wanted);
      it(`for ${wanted} ${conflict ? "waits for" : "does not wait for"} for ${held}`, () => {
        run(`
          1 begin rc => begun
          1 select a 1 for ${held} => [1 10 100]
          2 begin rc => begun
          2 select a 1 for ${wanted} => ${conflict ? "waits" : "[1 10 100]"}
          1 commit => committed${conflict ? "; 2: [1 10 100]" : ""}`);
      });

      it(`for ${held}, then for ${wanted}, by one transaction leaves the stronger`, () => {
        const stronger = MODES[Math.max(MODES.indexOf(held), MODES.indexOf(wanted))]!;
        for (const other of MODES) {
          const conflict = CONFLICTS[stronger].includes(other);
          run(`
            1 begin rc => begun
            1 select a 1 for ${held} => [1 10 100]
            1 select a 1 for ${wanted} => [1 10 100]
            2 begin rc => begun
            2 select a 1 for ${other} => ${conflict ? "waits" : "[1 10 100]"}`);
        }
      });
    }
  }

  it("are given to those who wait in the order in which they came", () => {
    run(`
      1 begin rc => begun
      1 update a 1 v+=1 => 1
      2 begin rc => begun
      2 update a 1 v+=10 => waits
      3 begin rc => begun
      3 select a 1 for share => waits
      4 begin rc => begun
      4 update a 1 v+=100 => waits
      5 begin rc => begun
      5 select a 1 for share => waits
      1 commit => committed; 2: 1
      2 commit => committed; 3: [1 21 100]
      3 commit => committed; 4: 1
      4 commit => committed; 5: [1 121 100]`);
  });

  it("that shared holders keep are free only when the last of them has ended", () => {
    run(`
      1 begin rc => begun
      1 select a 1 for share => [1 10 100]
      2 begin rc => begun
      2 select a 1 for share => [1 10 100]
      3 begin rc => begun
      3 select a 1 for share => [1 10 100]
      4 begin rc => begun
      4 update a 1 v=4 => waits
      2 commit => committed
      1 commit => committed
      3 commit => committed; 4: 1`);
  });

  it("somebody who leaves the queue lets those go who waited for it alone", () => {
    run(`
      1 begin rc => begun
      1 select a 1 for key share => [1 10 100]
      2 begin rc => begun
      2 select a 1 for update => waits
      3 begin rc => begun
      3 select a 1 for no key update => [1 10 100]
      4 begin rc => begun
      4 select a 1 for share => waits
      3 commit => committed
      2 rollback => rolledBack; 4: [1 10 100]`);
  });

  it("are not what an insert waits for: it goes on before those who want the row", () => {
    run(`
      1 begin rc => begun
      1 update a 1 v+=1 => 1
      2 begin rc => begun
      2 update a 1 v+=1 => waits
      3 begin rc => begun
      3 insert a 1 0 0 => waits
      1 commit => committed; 3: 23505 duplicate key value violates unique constraint "a_pkey"; 2: 1`);
  });

  it("cost a WAL record each, once", () => {
    const lab = createLab();
    play(lab, "1 begin rc\n1 select a 1 for share");
    const { written } = lab.server.wal;
    expect(written).toBeGreaterThan(0);
    play(lab, "1 select a 1 for key share");
    expect(lab.server.wal.written).toBe(written);
  });
});
