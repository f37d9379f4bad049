package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Headers;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Sequence;
import ai.mariner.oip.InferMessage;
import ai.mariner.oip.OipForm;
import ai.mariner.proto.openinference.ModelInferRequest;
import io.grpc.Metadata;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Reads what a request of the Open Inference Protocol asks for. */
final class InferInputs {
  private final GrpcContext context;
  private final Metadata metadata;

  /**
   * Makes a reader of one call's requests.
   *
   * @param metadata of the call
   */
  InferInputs(GrpcContext context, Metadata metadata) {
    this.context = context;
    this.metadata = metadata;
  }

  /**
   * The request for the core.
   *
   * @param id the server's own number of it
   * @param label the client's name of it
   * @param timeoutNanos time until the call's deadline; absent: it has none
   * @param streaming whether pieces are read as they come
   * @throws ServeException BAD_REQUEST or REQUEST_TOO_LARGE
   */
  InferenceRequest request(
      ModelInferRequest message,
      long id,
      @Nullable String label,
      @Nullable Long timeoutNanos,
      boolean streaming) {
    InferMessage infer = OipProto.read(message);
    Body body = OipForm.write(infer, Body.empty());
    int limit = context.config().limits().maxRequestBytes();
    if (body.size() > limit) {
      throw new ServeException(
          ErrorKind.REQUEST_TOO_LARGE,
          "inputs: "
              + body.size()
              + " bytes (expected: at most max_request_size, "
              + limit
              + " bytes)");
    }
    return new InferenceRequest(
        id,
        PredictionInputs.model(message.getModelName(), message.getModelVersion()),
        Operation.PREDICT,
        label,
        List.of(new InputPart("body", OipForm.MEDIA_TYPE, body)),
        headers(infer.parameters()),
        timeout(infer.parameters(), timeoutNanos),
        streaming,
        sequence(infer.parameters()));
  }

  /** The parameter {@code priority} says what the header of that name says over REST. */
  private Headers headers(Map<String, Object> parameters) {
    CallHeaders own = new CallHeaders(metadata);
    String priority = priority(parameters.get("priority"));
    if (priority == null) {
      return own;
    }
    return consumer -> {
      own.forEach(consumer);
      consumer.accept("x-priority", priority);
    };
  }

  /** Triton's numbers: 1 goes first, 0 is the default. */
  private static @Nullable String priority(@Nullable Object value) {
    if (value == null || value.equals(0L)) {
      return null;
    }
    if (value instanceof Long number && number > 0) {
      return number == 1 ? "high" : number == 2 ? "normal" : "low";
    }
    if (value instanceof String text && !text.isEmpty()) {
      return text;
    }
    throw malformed("priority", value, "high, normal, low, or a number from 0 on");
  }

  /**
   * Triton's parameter {@code timeout}, in microseconds, or the call's deadline if it is nearer.
   */
  private static @Nullable Long timeout(Map<String, Object> parameters, @Nullable Long callNanos) {
    Object value = parameters.get("timeout");
    if (value == null || value.equals(0L)) {
      return callNanos;
    }
    if (!(value instanceof Long micros) || micros < 0) {
      throw malformed("timeout", value, "a number of microseconds");
    }
    long nanos = TimeUnit.MICROSECONDS.toNanos(micros);
    return callNanos == null ? nanos : (Long) Math.min(nanos, callNanos);
  }

  private static @Nullable Sequence sequence(Map<String, Object> parameters) {
    Object id = parameters.get("sequence_id");
    boolean start = flag(parameters, "sequence_start");
    boolean end = flag(parameters, "sequence_end");
    // Triton: 0 or an empty text is no sequence.
    if (id == null || id.equals(0L) || id.equals("")) {
      return null;
    }
    if (!(id instanceof Long) && !(id instanceof String)) {
      throw malformed("sequence_id", id, "a number or a text");
    }
    return new Sequence(id.toString(), start, end);
  }

  private static boolean flag(Map<String, Object> parameters, String name) {
    Object value = parameters.get(name);
    if (value == null) {
      return false;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw malformed(name, value, "true or false");
  }

  private static ServeException malformed(String name, Object value, String expected) {
    return new ServeException(
        ErrorKind.BAD_REQUEST,
        "parameter " + name + ": " + value + " (expected: " + expected + ")");
  }
}
