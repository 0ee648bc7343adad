/** Progress on standard error, for anything that takes over a second, so that standard output stays the result's. */

export interface Progress {
  /** `share` of the work is done, 0 to 1. */
  update(share: number, what: string): void;
  /** Clears the line. */
  end(): void;
}

const QUIET_MS = 1_000;
const INTERVAL_MS = 200;

/** On a terminal one line that changes; elsewhere a line every few seconds. */
export function showProgress(): Progress {
  const started = performance.now();
  const terminal = process.stderr.isTTY === true;
  const interval = terminal ? INTERVAL_MS : 25 * INTERVAL_MS;
  let last = started + QUIET_MS - interval;
  let shown = false;
  return {
    update(share, what) {
      const now = performance.now();
      if (now - last < interval) return;
      last = now;
      shown = true;
      const line = `${describeShare(share, now - started)}  ${what}`;
      process.stderr.write(terminal ? `\r\x1b[2K${line}` : `${line}\n`);
    },
    end() {
      if (shown && terminal) process.stderr.write("\r\x1b[2K");
    },
  };
}

/** How long the rest takes cannot be told from less. */
const SHARE_THAT_TELLS = 0.01;

function describeShare(share: number, elapsedMs: number): string {
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  if (share < SHARE_THAT_TELLS) return percent;
  const leftMs = (elapsedMs / share) * (1 - share);
  return `${percent}, ${Math.ceil(leftMs / 1_000)} s left`;
}
