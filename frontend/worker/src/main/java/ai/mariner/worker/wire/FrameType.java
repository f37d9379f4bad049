package ai.mariner.worker.wire;

import org.jspecify.annotations.Nullable;

/** Types of frames; the numbers are those of {@code proto/wire}. */
public enum FrameType {
  /** First frame of a connection. */
  HELLO(0x01),
  /** Load a model. */
  LOAD(0x10),
  /** Answer to LOAD. */
  LOADED(0x11),
  /** Forget a model. */
  UNLOAD(0x12),
  /** Answer to UNLOAD. */
  UNLOADED(0x13),
  /** Run a batch. */
  PREDICT(0x20),
  /** Run a batch of explanations. */
  EXPLAIN(0x21),
  /** Ask the handler to describe the model. */
  DESCRIBE(0x22),
  /** Ends a run. */
  RESULT(0x23),
  /** Streamed pieces. */
  PIECE(0x24),
  /** Room for pieces. */
  CREDIT(0x25),
  /** Nobody waits any more. */
  CANCEL(0x26),
  /** Sign of life. */
  HEARTBEAT(0x30),
  /** Finish and exit. */
  STOP(0x31);

  private static final @Nullable FrameType[] BY_CODE = new FrameType[0x32];

  static {
    for (FrameType type : values()) {
      BY_CODE[type.code] = type;
    }
  }

  private final int code;

  FrameType(int code) {
    this.code = code;
  }

  /** The number on the wire. */
  public int code() {
    return code;
  }

  /** The type of a number, or {@code null} if there is none. */
  public static @Nullable FrameType ofCode(int code) {
    return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
  }
}
