/**
 * A file on a node's disk, as a count of bytes or records: what was written, and what of it is durable.
 *
 * One fsync runs at a time; who asks while it runs is served by the next (group commit). A crash keeps what was synced
 * and, of the rest, nothing or any prefix: a disk may have written more than it was made to promise.
 */
export interface DiskFile {
  written: number;
  /** Durable up to here. */
  synced: number;
  /** The fsync that runs covers up to here; -1 if none runs. */
  syncing: number;
  /** Somebody waits for what was written after it began. */
  wanted: boolean;
}

export function createFile(): DiskFile {
  return { written: 0, synced: 0, syncing: -1, wanted: false };
}

/** Asks for all that was written to become durable. True: an fsync begins now, and the caller must end it. */
export function beginSync(file: DiskFile): boolean {
  if (file.syncing >= 0) {
    file.wanted = true;
    return false;
  }
  if (file.synced === file.written) return false;
  file.syncing = file.written;
  return true;
}

/** The fsync that runs is done. True: another one begins at once. */
export function endSync(file: DiskFile): boolean {
  file.synced = file.syncing;
  file.syncing = -1;
  if (!file.wanted) return false;
  file.wanted = false;
  return beginSync(file);
}

/** `keep`: which share of what was not synced the disk has kept all the same, 0 to 1. */
export function crashFile(file: DiskFile, keep: number): void {
  file.synced += Math.floor((file.written - file.synced) * keep);
  file.written = file.synced;
  file.syncing = -1;
  file.wanted = false;
}
