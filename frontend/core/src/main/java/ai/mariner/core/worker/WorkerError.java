package ai.mariner.core.worker;

import org.jspecify.annotations.Nullable;

/** Error codes of reply items; the numbers are the wire's. */
public enum WorkerError {
  /** The handler raised. */
  HANDLER_EXCEPTION(1),
  /** The handler chose a status by exception. */
  PREDICTION_EXCEPTION(2),
  /** Host or device memory ran out. */
  OUT_OF_MEMORY(3),
  /** The handler's answer is not a list. */
  OUTPUT_NOT_A_LIST(4),
  /** The list has another length than the batch. */
  OUTPUT_COUNT(5),
  /** An entry can't be turned into bytes. */
  OUTPUT_TYPE(6),
  /** A body exceeds the limit. */
  REPLY_TOO_LARGE(7),
  /** Stopped because of a cancel. */
  CANCELLED(8),
  /** The deadline passed before the item was run. */
  DEADLINE_EXCEEDED(9),
  /** The device does not answer any more. */
  DEVICE_LOST(10),
  /** No such model on this worker. */
  MODEL_NOT_LOADED(11),
  /** The handler or the model could not be loaded. */
  LOAD_FAILED(12),
  /** The handler has no such operation. */
  UNSUPPORTED(13);

  private static final WorkerError[] BY_CODE = values();

  private final int code;

  WorkerError(int code) {
    this.code = code;
  }

  /** The number on the wire. */
  public int code() {
    return code;
  }

  /** The error of a code, or {@code null} for 0 and unknown codes. */
  public static @Nullable WorkerError ofCode(int code) {
    return code >= 1 && code <= BY_CODE.length ? BY_CODE[code - 1] : null;
  }
}
