package ai.mariner.worker.wire;

/** Sizes and offsets of the frame header. */
final class Frame {
  /** Bytes of the length field, which does not count itself. */
  static final int LENGTH_BYTES = 4;

  /** Bytes of the rest of the header. */
  static final int REST_BYTES = 20;

  /** Bytes of the whole header. */
  static final int HEADER_BYTES = LENGTH_BYTES + REST_BYTES;

  static final int VERSION = 1;

  /** Bytes of the fixed part of a request item. */
  static final int REQUEST_ITEM_BYTES = 32;

  /** Bytes of the fixed part of a reply item. */
  static final int REPLY_ITEM_BYTES = 24;

  private Frame() {}
}
