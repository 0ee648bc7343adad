/**
 * A physical copy of a running server (pg_basebackup): everything that is durable there, prepared transactions with it,
 * recovered as after a crash. It has its own slots, and its WAL goes on where the copy ends.
 */
import type { CopyLabel } from "../../protocol/database.ts";
import { beginSlot } from "./decoding.ts";
import { recoverFrom } from "./recovery.ts";
import type { Server, ServerHost } from "./state.ts";

/**
 * `instead` is what the copy takes the place of; `host` is told what recovery finishes. The donor's slot for the
 * copy, if there is one, begins where that ends.
 */
export function copyServer(donor: Server, instead: Server, host: ServerHost, copied: CopyLabel): Server {
  const { config } = instead;
  const copy: Server = { ...structuredClone(donor), config, copied, slots: instead.slots };
  recoverFrom(copy, host, donor.wal.flushed);
  copy.retained.length = 0;
  copy.streamed = 0;
  const end = copy.wal.written;
  for (const slot of copy.slots) {
    const there = donor.slots.find(({ peer }) => peer === slot.peer);
    if (there === undefined || there.exists) beginSlot(slot, end);
  }
  const slot = donor.slots.find(({ peer }) => peer === config.node);
  if (slot?.exists === true) beginSlot(slot, end);
  return copy;
}
