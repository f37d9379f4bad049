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

  /**
   * Begins a request.
   *
   * @param parts its inputs; their bodies belong to it once it is built
   */
  public static Builder builder(long id, ModelRef model, List<InputPart> parts) {
    return new Builder(id, model, parts);
  }

  /**
   * Asks the handler of a model for its own description.
   *
   * @param label as in the record
   * @param timeoutNanos as in the record
   */
  public static InferenceRequest describe(
      long id, ModelKey model, @Nullable String label, @Nullable Long timeoutNanos) {
    return builder(id, model.ref(), List.of())
        .operation(Operation.DESCRIBE)
        .label(label)
        .timeoutNanos(timeoutNanos)
        .build();
  }

  /** Begins another request like this one, to which the bodies belong once it is built. */
  public Builder toBuilder() {
    Builder builder = new Builder(id, model, parts);
    builder.operation = operation;
    builder.label = label;
    builder.headers = headers;
    builder.timeoutNanos = timeoutNanos;
    builder.streaming = streaming;
    builder.sequence = sequence;
    builder.batchKey = batchKey;
    builder.admitted = admitted;
    builder.route = route;
    return builder;
  }

  /** The same request at a place in a sequence; the bodies belong to it from now on. */
  public InferenceRequest in(Sequence place) {
    return toBuilder().sequence(place).build();
  }

  /** The same request with other headers; the bodies belong to it from now on. */
  public InferenceRequest with(Headers others) {
    return toBuilder().headers(others).build();
  }

  /** The same request to a model on one of its routes; the bodies belong to it from now on. */
  public InferenceRequest to(ModelRef program, int itsRoute) {
    return toBuilder().model(program).route(itsRoute).build();
  }

  /** The same request with at most so much time; the bodies belong to it from now on. */
  public InferenceRequest within(long nanos) {
    return timeoutNanos != null && timeoutNanos <= nanos
        ? this
        : toBuilder().timeoutNanos(nanos).build();
  }

  /** Gives all bodies back. */
  public void release() {
    for (int i = 0; i < parts.size(); i++) {
      parts.get(i).body().release();
    }
  }

  /**
   * What is said of a request before it is made. What is not said: a prediction without headers,
   * label and deadline, for a client that reads one answer, beside any other of that kind.
   */
  public static final class Builder {
    private final long id;
    private final List<InputPart> parts;
    private ModelRef model;
    private Operation operation = Operation.PREDICT;
    private @Nullable String label;
    private Headers headers = Headers.NONE;
    private @Nullable Long timeoutNanos;
    private boolean streaming;
    private @Nullable Sequence sequence;
    private @Nullable Object batchKey;
    private boolean admitted;
    private int route;

    private Builder(long id, ModelRef model, List<InputPart> parts) {
      this.id = id;
      this.model = model;
      this.parts = parts;
    }

    private Builder model(ModelRef value) {
      model = value;
      return this;
    }

    /** Sets what to do. */
    public Builder operation(Operation value) {
      operation = value;
      return this;
    }

    /** Sets the request id that the client chose; absent: it chose none. */
    public Builder label(@Nullable String value) {
      label = value;
      return this;
    }

    /** Sets the headers that the handler sees. */
    public Builder headers(Headers value) {
      headers = value;
      return this;
    }

    /** Sets the time that the client gives; absent: the model's default. */
    public Builder timeoutNanos(@Nullable Long value) {
      timeoutNanos = value;
      return this;
    }

    /** Sets whether the client reads pieces as they come. */
    public Builder streaming(boolean value) {
      streaming = value;
      return this;
    }

    /** Sets the place in a stateful sequence; absent: none. */
    public Builder sequence(@Nullable Sequence value) {
      sequence = value;
      return this;
    }

    /** Sets what keeps it from batches of others; absent: nothing. */
    public Builder batchKey(@Nullable Object value) {
      batchKey = value;
      return this;
    }

    /** Makes it a step of a request that was let in before. */
    public Builder admitted() {
      admitted = true;
      return this;
    }

    /** Sets the number of its route among those of the model; 0: none. */
    public Builder route(int value) {
      route = value;
      return this;
    }

    /** The request. */
    public InferenceRequest build() {
      return new InferenceRequest(
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
          admitted,
          route);
    }
  }
}
