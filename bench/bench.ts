/**
 * How fast the simulator is, as ratios of things measured in one run: npm run bench.
 *
 * An event is an input taken by a node: a message, a timer, a client's request, a reply of the database, a change of a
 * stream. Each figure is the best of several rounds in a process of its own; each ratio is taken within one round of
 * processes and its median over the rounds is printed.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median } from "./median.ts";

const ROUNDS = 3;
const measureFile = fileURLToPath(new URL("measure.ts", import.meta.url));

interface Measured {
  readonly events: number;
  readonly seconds: number;
}

function main(): void {
  for (const setup of ["2pc", "e3pc"] as const) compareModes(setup);
  scaleNodes();
  runLong();
}

function compareModes(setup: "2pc" | "e3pc"): void {
  const snapshots = setup === "2pc" ? "local" : "clock-si-committer";
  print(`\nThree nodes, the bank, ${setup}, ${snapshots}`);
  const rounds = Array.from({ length: ROUNDS }, () => ({
    bare: rateOf("bare loop"),
    inPlace: rateOf("in place", setup),
    checked: rateOf("in place, all checks", setup),
    reduce: rateOf("reduce", setup),
  }));
  const best = (pick: (round: (typeof rounds)[number]) => number): number => Math.max(...rounds.map(pick));
  print(`  bare loop                ${million(best(({ bare }) => bare))} events/s`);
  print(`  in place                 ${million(best(({ inPlace }) => inPlace))} events/s`);
  print(`  in place, all checks     ${million(best(({ checked }) => checked))} events/s`);
  print(`  reduce                   ${million(best(({ reduce }) => reduce))} events/s`);
  print(
    `  in place / bare loop     1 / ${median(rounds.map((r) => r.bare / r.inPlace)).toFixed(1)}   (goal: at most 1 / 20)`,
  );
  print(
    `  in place / reduce        ${median(rounds.map((r) => r.inPlace / r.reduce)).toFixed(1)}       (goal: at least 10)`,
  );
  print(
    `  all checks / none        ${median(rounds.map((r) => r.checked / r.inPlace)).toFixed(2)}       (goal: at least 0.5)`,
  );
}

function scaleNodes(): void {
  print("\nCost of an event by number of nodes, relative to three (goal: not faster than the number)");
  const rounds = Array.from({ length: ROUNDS }, () =>
    [3, 5, 7, 9].map((nodes) => rateOf("nodes", "2pc", nodes)),
  );
  [3, 5, 7, 9].forEach((nodes, place) => {
    const relative = median(rounds.map((rates) => (rates[0] ?? 0) / (rates[place] ?? 1)));
    print(`  ${nodes} nodes   ${relative.toFixed(2)}   (${(nodes / 3).toFixed(2)} times as many)`);
  });
}

function runLong(): void {
  const MILLIONS = 10;
  print(`\n${MILLIONS} million events in one run without a trace, by tenths`);
  const parts = measure("long run", "2pc", MILLIONS, ["--expose-gc"]) as (Measured & {
    heapMb: number;
    finished: number;
  })[];
  const first = parts[1] as Measured;
  print("  finished transactions   heap      cost of an event, relative to the second tenth");
  for (const { events, seconds, heapMb, finished } of parts) {
    const relative = seconds / events / (first.seconds / first.events);
    print(
      `  ${String(finished).padStart(12)}            ${heapMb.toFixed(1).padStart(5)} MB  ${relative.toFixed(2)}`,
    );
  }
}

/** Events a second. */
function rateOf(what: string, setup = "2pc", size = 3): number {
  const { events, seconds } = measure(what, setup, size, []) as Measured;
  return events / seconds;
}

function measure(what: string, setup: string, size: number, flags: readonly string[]): unknown {
  const args = [...flags, "--import", "tsx", measureFile, what, setup, String(size)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
}

function million(rate: number): string {
  return `${(rate / 1e6).toFixed(2)} M`.padStart(8);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main();
