/** Thrown where the protocol cannot be: always a bug, never a fault of the network, a peer or a user. */
export class ProtocolViolation extends Error {
  override name = "ProtocolViolation";
}

/** The end of an exhaustive switch: the compiler proves it unreachable. */
export function unreachable(value: never): never {
  throw new ProtocolViolation(`unexpected ${JSON.stringify(value)}`);
}
