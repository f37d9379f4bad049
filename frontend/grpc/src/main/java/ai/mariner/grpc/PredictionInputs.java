package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.proto.inference.PredictionsRequest;
import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads what a prediction call asks for. */
final class PredictionInputs {
  private static final int MAX_LABEL_CHARS = 256;

  private PredictionInputs() {}

  /**
   * The model that a request names.
   *
   * @throws ServeException BAD_REQUEST if it names none
   */
  static ModelRef model(PredictionsRequest request) {
    return model(request.getModelName(), request.getModelVersion());
  }

  /**
   * A model as proto3 fields name it, where an empty text means absent.
   *
   * @throws ServeException BAD_REQUEST if the name is empty
   */
  static ModelRef model(String name, String version) {
    if (name.isEmpty()) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          "Parameter model_name is required. model_name: \"\" (expected: name of a registered"
              + " model)");
    }
    return new ModelRef(name, version.isEmpty() ? null : version);
  }

  /**
   * One part for each input, under its name and without a media type; an empty part {@code body}
   * when there is none.
   *
   * @throws ServeException REQUEST_TOO_LARGE if they are larger than the limit together
   */
  static List<InputPart> parts(PredictionsRequest request, int maxRequestBytes) {
    Map<String, ByteString> inputs = request.getInputMap();
    if (inputs.isEmpty()) {
      return List.of(new InputPart("body", null, Body.empty()));
    }
    long total = 0;
    List<InputPart> parts = new ArrayList<>(inputs.size());
    for (Map.Entry<String, ByteString> input : inputs.entrySet()) {
      total += input.getValue().size();
      parts.add(new InputPart(input.getKey(), null, new ByteStringBody(input.getValue())));
    }
    if (total > maxRequestBytes) {
      throw new ServeException(
          ErrorKind.REQUEST_TOO_LARGE,
          "input: "
              + total
              + " bytes (expected: at most max_request_size, "
              + maxRequestBytes
              + " bytes)");
    }
    return parts;
  }

  /**
   * The request id that the caller chose.
   *
   * @throws ServeException BAD_REQUEST if it is too long
   */
  static @Nullable String label(Metadata metadata) {
    String label = metadata.get(GrpcErrors.REQUEST_ID);
    if (label == null || label.isEmpty()) {
      return null;
    }
    if (label.length() > MAX_LABEL_CHARS) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          "x-request-id: "
              + label.length()
              + " characters (expected: at most "
              + MAX_LABEL_CHARS
              + ")");
    }
    return label;
  }
}
