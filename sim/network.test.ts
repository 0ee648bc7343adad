import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  arrivalOf,
  breakLink,
  createNetwork,
  cutLink,
  echoOf,
  healLink,
  isSeparated,
  type Link,
  linkOf,
  meet,
  type NetworkParameters,
} from "./network.ts";

const UNIFORM = { kind: "uniform", min: 100, max: 900 } as const;

function networkOf(changes: Partial<NetworkParameters>) {
  return createNetwork(
    { mode: "ordered", latency: UNIFORM, links: [], loss: 0, duplication: 0, resendAfter: 5_000, ...changes },
    3,
  );
}

/** A generator whose draws are given. */
function drawing(values: readonly number[]): () => number {
  let next = 0;
  return () => values[next++ % values.length] ?? 0;
}

const draws = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 20, maxLength: 60 });

/** Sends at the given times; returns who arrives when, in order of arrival and of sending. */
function sendAll(
  link: Link,
  network: ReturnType<typeof networkOf>,
  gaps: readonly number[],
  random: () => number,
) {
  const sent: { sequence: number; arrival: number }[] = [];
  let now = 0;
  gaps.forEach((gap, sequence) => {
    now += gap;
    const arrival = arrivalOf(network, link, now, random);
    if (arrival >= 0) sent.push({ sequence, arrival });
  });
  return sent.sort((one, other) => one.arrival - other.arrival || one.sequence - other.sequence);
}

const gaps = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 15 });

describe("an ordered connection", () => {
  test("delivers everything in order, whatever is lost and however it is delayed", () => {
    fc.assert(
      fc.property(draws, gaps, (values, spans) => {
        const network = networkOf({ loss: 0.4 });
        network.delayUpTo = 2_000;
        const link = linkOf(network, "messages", 1, 2);
        const arrived = sendAll(link, network, spans, drawing([...values, 0.99]));
        expect(arrived.map(({ sequence }) => sequence)).toEqual(spans.map((_, sequence) => sequence));
      }),
    );
  });

  test("holds what meets a cut, and lets it go in order when the cut ends", () => {
    const network = networkOf({});
    const link = linkOf(network, "messages", 1, 2);
    cutLink(link);
    for (const message of ["a", "b", "c"]) {
      expect(arrivalOf(network, link, 0, drawing([0.5]))).toBeGreaterThan(0);
      expect(meet(link, link.connection, message)).toBe("held");
    }
    expect(healLink(link)).toEqual(["a", "b", "c"]);
    expect(meet(link, link.connection, "d")).toBe("delivered");
  });

  test("that breaks loses all that was on its way, and nothing that is sent later", () => {
    const network = networkOf({});
    const link = linkOf(network, "stream", 1, 2);
    const before = link.connection;
    cutLink(link);
    meet(link, before, "held");
    breakLink(link);
    expect(healLink(link)).toEqual([]);
    expect(meet(link, before, "late")).toBe("lost");
    expect(meet(link, link.connection, "new")).toBe("delivered");
  });

  test("is never repeated", () => {
    const network = networkOf({ duplication: 1 });
    expect(echoOf(network, linkOf(network, "messages", 1, 2), 0, drawing([0]))).toBe(-1);
  });
});

describe("a datagram", () => {
  test("is lost with the given probability, repeated with the given probability, and may be overtaken", () => {
    const network = networkOf({ mode: "datagram", loss: 0.3, duplication: 0.2 });
    const link = linkOf(network, "messages", 1, 2);
    let lost = 0;
    let repeated = 0;
    for (let step = 0; step < 1_000; step++) {
      const random = drawing([0.5, step / 1_000]);
      if (arrivalOf(network, link, 0, random) < 0) lost += 1;
      if (echoOf(network, link, 0, drawing([step / 1_000, 0.5])) >= 0) repeated += 1;
    }
    expect(lost).toBe(300);
    expect(repeated).toBe(200);
    const slow = arrivalOf(network, link, 0, drawing([0.99]));
    const quick = arrivalOf(network, link, 10, drawing([0, 0.99]));
    expect(quick).toBeLessThan(slow);
  });

  test("does not get through a cut, neither when it is sent nor when it arrives", () => {
    const network = networkOf({ mode: "datagram" });
    const link = linkOf(network, "messages", 1, 2);
    cutLink(link);
    expect(arrivalOf(network, link, 0, drawing([0.5]))).toBe(-1);
    expect(meet(link, link.connection, "late")).toBe("lost");
    expect(healLink(link)).toEqual([]);
  });

  test("leaves replication streams ordered", () => {
    const network = networkOf({ mode: "datagram" });
    expect(linkOf(network, "stream", 1, 2).ordered).toBe(true);
  });
});

describe("a link", () => {
  test("is one direction of one channel: a cut of it touches no other", () => {
    const network = networkOf({});
    cutLink(linkOf(network, "messages", 1, 2));
    expect(network.links.filter((link) => link.cut)).toHaveLength(1);
    expect(linkOf(network, "messages", 2, 1).cut).toBe(false);
    expect(linkOf(network, "stream", 1, 2).cut).toBe(false);
  });

  test("may have a latency of its own", () => {
    const network = networkOf({ links: [{ from: 1, to: 3, latency: { kind: "fixed", us: 7 } }] });
    expect(arrivalOf(network, linkOf(network, "messages", 1, 3), 100, drawing([0.5]))).toBe(107);
    expect(arrivalOf(network, linkOf(network, "messages", 3, 1), 100, drawing([0]))).toBe(200);
  });
});

test("nodes of different groups are separated, and who is in no group from everybody", () => {
  const groups = [0b011, 0b100];
  expect(isSeparated(groups, 1, 2)).toBe(false);
  expect(isSeparated(groups, 1, 3)).toBe(true);
  expect(isSeparated(groups, 4, 1)).toBe(true);
});
