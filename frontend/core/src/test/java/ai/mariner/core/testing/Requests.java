package ai.mariner.core.testing;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Headers;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes requests; what is not said is a plain prediction of one part. Not thread-safe. */
public final class Requests {
  private final long id;
  private final Body body;
  private ModelRef model = ModelRef.of("echo");
  private Operation operation = Operation.PREDICT;
  private @Nullable Long timeoutNanos;
  private boolean streaming;

  private Requests(long id, Body body) {
    this.id = id;
    this.body = body;
  }

  /** A request of this number and body. */
  public static Requests of(long id, Body body) {
    return new Requests(id, body);
  }

  /** For this model. */
  public Requests model(ModelRef value) {
    model = value;
    return this;
  }

  /** With this operation. */
  public Requests operation(Operation value) {
    operation = value;
    return this;
  }

  /** With a deadline so far away. */
  public Requests timeout(Duration value) {
    timeoutNanos = value.toNanos();
    return this;
  }

  /** Of a client that reads pieces as they come. */
  public Requests streaming() {
    streaming = true;
    return this;
  }

  /** The request. */
  public InferenceRequest build() {
    return new InferenceRequest(
        id,
        model,
        operation,
        null,
        List.of(new InputPart("body", null, body)),
        Headers.NONE,
        timeoutNanos,
        streaming,
        null);
  }
}
