package ai.mariner.oip;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Datatype;
import ai.mariner.oip.InferMessage.Side;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** Texts and messages for the tests. */
final class Messages {
  private Messages() {}

  static InferMessage request(String text) {
    return OipText.read(Side.REQUEST, bytes(text));
  }

  /** A request with one input {@code x}. */
  static Tensor input(String datatype, String shape, String data) {
    return request(
            "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"%s\", \"shape\": %s, \"data\": %s}]}"
                .formatted(datatype, shape, data))
        .tensors()
        .get(0);
  }

  static InferMessage answer(Tensor... outputs) {
    return new InferMessage(
        Side.ANSWER, "1", "m", null, java.util.Map.of(), List.of(outputs), List.of());
  }

  static Tensor tensor(String name, Datatype datatype, Shape shape, int... bytes) {
    ByteBuffer data = ByteBuffer.allocate(bytes.length);
    for (int each : bytes) {
      data.put((byte) each);
    }
    return new Tensor(name, datatype, shape, java.util.Map.of(), data.flip());
  }

  static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  static String text(ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
  }

  static String refusal(Runnable read) {
    ServeException thrown = catchThrowableOfType(ServeException.class, read::run);
    return Objects.requireNonNull(thrown, "refusal").failure().message();
  }
}
