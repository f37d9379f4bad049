package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.oip.InferMessage;
import ai.mariner.oip.InferMessage.Side;
import ai.mariner.oip.RequestedOutput;
import ai.mariner.oip.Tensor;
import ai.mariner.oip.TensorHead;
import ai.mariner.proto.openinference.InferParameter;
import ai.mariner.proto.openinference.ModelInferRequest;
import ai.mariner.proto.openinference.ModelInferRequest.InferInputTensor;
import ai.mariner.proto.openinference.ModelInferResponse;
import ai.mariner.proto.openinference.ModelInferResponse.InferOutputTensor;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Messages of the Open Inference Protocol, from and to protobuf. */
final class OipProto {
  /** What REST needs to find data, and KServe's client says here, too. */
  private static final String BINARY_DATA_SIZE = "binary_data_size";

  private OipProto() {}

  /**
   * Reads a request; raw contents are not copied.
   *
   * @throws ServeException BAD_REQUEST that names tensor, value and what was expected
   */
  static InferMessage read(ModelInferRequest request) {
    boolean raw = isRaw(request);
    if (raw && request.getRawInputContentsCount() != request.getInputsCount()) {
      throw malformed(
          "raw_input_contents: "
              + request.getRawInputContentsCount()
              + " (expected: "
              + request.getInputsCount()
              + ", one for each input)");
    }
    List<Tensor> tensors = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < request.getInputsCount(); i++) {
      Tensor tensor = tensor(request, i, raw);
      if (!names.add(tensor.name())) {
        throw malformed("input \"" + tensor.name() + "\" twice (expected: once)");
      }
      tensors.add(tensor);
    }
    return new InferMessage(
        Side.REQUEST,
        orNull(request.getId()),
        request.getModelName(),
        orNull(request.getModelVersion()),
        parameters(request.getParametersMap()),
        List.copyOf(tensors),
        requested(request));
  }

  private static Tensor tensor(ModelInferRequest request, int index, boolean raw) {
    InferInputTensor input = request.getInputs(index);
    Map<String, Object> said = new LinkedHashMap<>(parameters(input.getParametersMap()));
    Object size = said.remove(BINARY_DATA_SIZE);
    TensorHead head =
        TensorHead.of(
            Side.REQUEST, index, input.getName(), input.getDatatype(), input.getShapeList(), said);
    if (raw && input.hasContents()) {
      throw head.refusal("contents beside raw_input_contents (expected: only one of them)");
    }
    ByteBuffer data =
        raw
            ? request.getRawInputContents(index).asReadOnlyByteBuffer()
            : InferContents.packed(head, input.getContents());
    if (size != null && !size.equals((long) data.remaining())) {
      throw head.refusal(
          BINARY_DATA_SIZE + ": " + size + " (expected: " + data.remaining() + ", or nothing)");
    }
    return head.with(data);
  }

  /** Whether a request has its elements as bytes; then its answer has them so too. */
  static boolean isRaw(ModelInferRequest request) {
    return request.getRawInputContentsCount() > 0;
  }

  /**
   * Writes an answer, whose data must stay as they are until it has been serialised.
   *
   * @param raw whether elements shall come as bytes; they do if a type has no other form
   */
  static ModelInferResponse write(InferMessage answer, boolean raw) {
    boolean asBytes =
        raw || !answer.tensors().stream().allMatch(each -> InferContents.has(each.datatype()));
    ModelInferResponse.Builder response = ModelInferResponse.newBuilder();
    response.setId(orEmpty(answer.id()));
    response.setModelName(orEmpty(answer.modelName()));
    response.setModelVersion(orEmpty(answer.modelVersion()));
    answer
        .parameters()
        .forEach((name, value) -> response.putParameters(name, parameter(name, value)));
    for (Tensor tensor : answer.tensors()) {
      InferOutputTensor.Builder output = response.addOutputsBuilder();
      output.setName(tensor.name()).setDatatype(tensor.datatype().name());
      output.addAllShape(tensor.shape().dims());
      tensor
          .parameters()
          .forEach((name, value) -> output.putParameters(name, parameter(name, value)));
      if (asBytes) {
        ByteString data = UnsafeByteOperations.unsafeWrap(tensor.data());
        response.addRawOutputContents(data);
      } else {
        output.setContents(InferContents.of(tensor));
      }
    }
    return response.build();
  }

  private static List<RequestedOutput> requested(ModelInferRequest request) {
    if (request.getOutputsCount() > InferMessage.MAX_TENSORS) {
      throw malformed("outputs: more than " + InferMessage.MAX_TENSORS + " (expected: fewer)");
    }
    List<RequestedOutput> outputs = new ArrayList<>(request.getOutputsCount());
    for (ModelInferRequest.InferRequestedOutputTensor output : request.getOutputsList()) {
      if (output.getName().isEmpty()) {
        throw malformed("outputs[" + outputs.size() + "]: no name (expected: a text)");
      }
      outputs.add(new RequestedOutput(output.getName(), parameters(output.getParametersMap())));
    }
    return List.copyOf(outputs);
  }

  private static Map<String, Object> parameters(Map<String, InferParameter> given) {
    if (given.isEmpty()) {
      return Map.of();
    }
    if (given.size() > InferMessage.MAX_PARAMETERS) {
      throw malformed(
          "parameters: more than " + InferMessage.MAX_PARAMETERS + " entries (expected: fewer)");
    }
    Map<String, Object> parameters = new LinkedHashMap<>();
    given.forEach(
        (name, value) -> {
          Object plain = plain(value);
          if (plain != null) {
            parameters.put(name, plain);
          }
        });
    return parameters;
  }

  private static @Nullable Object plain(InferParameter value) {
    return switch (value.getParameterChoiceCase()) {
      case BOOL_PARAM -> value.getBoolParam();
      case INT64_PARAM -> value.getInt64Param();
      case STRING_PARAM -> value.getStringParam();
      case DOUBLE_PARAM -> value.getDoubleParam();
      case UINT64_PARAM -> {
        long bits = value.getUint64Param();
        yield bits >= 0 ? (Object) bits : new BigInteger(Long.toUnsignedString(bits));
      }
      case PARAMETERCHOICE_NOT_SET -> null;
    };
  }

  private static InferParameter parameter(String name, Object value) {
    InferParameter.Builder parameter = InferParameter.newBuilder();
    if (value instanceof Boolean flag) {
      return parameter.setBoolParam(flag).build();
    }
    if (value instanceof Long number) {
      return parameter.setInt64Param(number).build();
    }
    if (value instanceof BigInteger number && number.signum() >= 0 && number.bitLength() <= 64) {
      return parameter.setUint64Param(number.longValue()).build();
    }
    if (value instanceof Double number) {
      return parameter.setDoubleParam(number).build();
    }
    if (value instanceof String text) {
      return parameter.setStringParam(text).build();
    }
    throw malformed(
        "parameter \"" + name + "\" of the answer (expected: a text, number or truth value)");
  }

  private static ServeException malformed(String message) {
    return new ServeException(ErrorKind.BAD_REQUEST, message);
  }

  private static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
