/** Orders that nodes must keep: of commits becoming visible, and of who gives way in a deadlock. */
import { type Csn, commitsBefore } from "../../protocol/csn.ts";
import { coordinatorOf, type Gid, showGid } from "../../protocol/gid.ts";
import { type Check, type Findings, holds, notExercised, report } from "./check.ts";

export const csnOrder: Check = {
  name: "CSN order",
  holds: "on stock servers with a committer, commits become visible on every node in order of their CSN",
  source: "theory 1.6, 5.1, 7.3 point 2",
  begin: (scenario, ledger) => {
    const findings: Findings = { found: null };
    const last: { csn: Csn; gid: Gid }[] = [];
    /** By node: the greatest CSN that it took while nobody read there. */
    const taken: Csn[] = [];
    let commits = 0;
    return {
      on: {
        committed: ({ node, gid, csn }) => {
          commits += 1;
          // Nobody reads on a node that follows a donor; it catches up in whatever order is fastest.
          if (ledger.isOnline[node] === false) {
            taken[node] = Math.max(taken[node] ?? 0, csn);
            return;
          }
          // A gap that it fills before it lets anybody read again.
          if (csn <= (taken[node] ?? 0)) return;
          const before = last[node];
          if (before !== undefined && commitsBefore(csn, gid, before.csn, before.gid)) {
            const names = `${showGid(gid)} with CSN ${csn} after ${showGid(before.gid)} with CSN ${before.csn}`;
            report(findings, `on node ${node} ${names} became visible`);
          }
          last[node] = { csn, gid };
        },
      },
      end: () => {
        if (scenario.snapshot !== "clock-si-committer") {
          return notExercised(`${scenario.snapshot} does not promise it`);
        }
        return findings.found ?? (commits > 0 ? holds() : notExercised("nothing was committed"));
      },
    };
  },
};

export const oldestSurvives: Check = {
  name: "oldest survives",
  holds: "a transaction is only ever asked to give way to an older one, so one of a crossing pair survives",
  source: "theory 5.4, 0 finding 7; Rosenkrantz, Stearns, Lewis, TODS 1978",
  begin: (_scenario, ledger) => {
    const findings: Findings = { found: null };
    let wounds = 0;
    return {
      on: {
        noted: ({ note }) => {
          if (note.about !== "wounded" || note.by === 0) return;
          wounds += 1;
          const victim = ledger.entries.get(note.gid);
          const winner = ledger.entries.get(note.by);
          if (victim === undefined || winner === undefined) return;
          const older =
            winner.age < victim.age ||
            (winner.age === victim.age && coordinatorOf(winner.gid) < coordinatorOf(victim.gid));
          if (!older)
            report(findings, `${showGid(note.gid)} was to give way to ${showGid(note.by)}, which is younger`);
        },
      },
      end: () => findings.found ?? (wounds > 0 ? holds() : notExercised("nobody had to give way")),
    };
  },
};
