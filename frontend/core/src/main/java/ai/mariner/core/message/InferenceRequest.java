package ai.mariner.core.message;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request to a model, whatever API it came through.
 *
 * @param id the server's own number of the request, unique in its life
 * @param model which model
 * @param operation what to do
 * @param label request id that the client chose ({@code X-Request-Id}); absent: derived from {@code
 *     id}, see {@link RequestLabel}
 * @param parts named inputs; at least one, except for DESCRIBE
 * @param headers the client's headers, and those that the API adds for the handler ({@code
 *     url_path})
 * @param timeoutNanos time the client gives for queue and run; absent: the model's default, if it
 *     has one
 * @param streaming whether the client reads pieces as they come
 * @param sequence place in a stateful sequence; absent: none
 * @param batchKey only requests with equal keys may run in one batch; absent: with all others that
 *     have none
 * @param admitted whether it is a step of a request that was let in before, so that a full queue
 *     does not refuse it
 * @param route number of its route among those of the model, from 1; 0: none
 */
public record InferenceRequest(
    long id,
    ModelRef model,
    Operation operation,
    @Nullable String label,
    List<InputPart> parts,
    Headers headers,
    @Nullable Long timeoutNanos,
    boolean streaming,
    @Nullable Sequence sequence,
    @Nullable Object batchKey,
    boolean admitted,
    int route) {

  /** A request of a client's own. */
  public InferenceRequest(
      long id,
      ModelRef model,
      Operation operation,
      @Nullable String label,
      List<InputPart> parts,
      Headers headers,
      @Nullable Long timeoutNanos,
      boolean streaming,
      @Nullable Sequence sequence,
      @Nullable Object batchKey) {
    this(
        id,
        model,
        operation,
        label,
        parts,
        headers,
        timeoutNanos,
        streaming,
        sequence,
        batchKey,
        false,
        0);
  }

  /** A request that may run in one batch with any other of its operation. */
  public InferenceRequest(
      long id,
      ModelRef model,
      Operation operation,
      @Nullable String label,
      List<InputPart> parts,
      Headers headers,
      @Nullable Long timeoutNanos,
      boolean streaming,
      @Nullable Sequence sequence) {
    this(id, model, operation, label, parts, headers, timeoutNanos, streaming, sequence, null);
  }

  /**
   * Asks the handler of a model for its own description.
   *
   * @param label as in the record
   * @param timeoutNanos as in the record
   */
  public static InferenceRequest describe(
      long id, ModelKey model, @Nullable String label, @Nullable Long timeoutNanos) {
    return new InferenceRequest(
        id,
        model.ref(),
        Operation.DESCRIBE,
        label,
        List.of(),
        Headers.NONE,
        timeoutNanos,
        false,
        null);
  }

  /** The same request at a place in a sequence; the bodies belong to it from now on. */
  public InferenceRequest in(Sequence place) {
    return new InferenceRequest(
        id,
        model,
        operation,
        label,
        parts,
        headers,
        timeoutNanos,
        streaming,
        place,
        batchKey,
        admitted,
        route);
  }

  /** The same request with other headers; the bodies belong to it from now on. */
  public InferenceRequest with(Headers others) {
    return new InferenceRequest(
        id,
        model,
        operation,
        label,
        parts,
        others,
        timeoutNanos,
        streaming,
        sequence,
        batchKey,
        admitted,
        route);
  }

  /** The same request to a model on one of its routes; the bodies belong to it from now on. */
  public InferenceRequest to(ModelRef program, int itsRoute) {
    return new InferenceRequest(
        id,
        program,
        operation,
        label,
        parts,
        headers,
        timeoutNanos,
        streaming,
        sequence,
        batchKey,
        admitted,
        itsRoute);
  }

  /** The same request with at most so much time; the bodies belong to it from now on. */
  public InferenceRequest within(long nanos) {
    if (timeoutNanos != null && timeoutNanos <= nanos) {
      return this;
    }
    return new InferenceRequest(
        id, model, operation, label, parts, headers, nanos, streaming, sequence, batchKey, admitted,
        route);
  }

  /** Gives all bodies back. */
  public void release() {
    for (int i = 0; i < parts.size(); i++) {
      parts.get(i).body().release();
    }
  }
}
