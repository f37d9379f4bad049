package ai.mariner.core.testing;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Headers;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Sequence;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes requests; what is not said is a plain prediction of one part. Not thread-safe. */
public final class Requests {
  private final long id;
  private final Body body;
  private ModelRef model = ModelRef.of("echo");
  private Operation operation = Operation.PREDICT;
  private @Nullable Long timeoutNanos;
  private boolean streaming;
  private @Nullable Sequence sequence;
  private @Nullable String partType;
  private String partName = "body";
  private final Map<String, String> headers = new LinkedHashMap<>();

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

  /** At a place in a sequence. */
  public Requests sequence(String of, boolean start, boolean end) {
    sequence = new Sequence(of, start, end);
    return this;
  }

  /** With its one part under another name, and of this media type. */
  public Requests part(String name, @Nullable String type) {
    partName = name;
    partType = type;
    return this;
  }

  /** With a header. */
  public Requests header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /** The request. */
  public InferenceRequest build() {
    return InferenceRequest.builder(id, model, List.of(new InputPart(partName, partType, body)))
        .operation(operation)
        .headers(headers.isEmpty() ? Headers.NONE : headers::forEach)
        .timeoutNanos(timeoutNanos)
        .streaming(streaming)
        .sequence(sequence)
        .build();
  }
}
