package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Headers;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.Sequence;
import ai.mariner.proto.inference.PredictionsRequest;
import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Reads what a message says of its sequence: the field with the id, and two inputs for flags. */
final class SequenceInputs {
  private static final String ID = "ts_request_sequence_id";
  private static final String START = "ts_request_sequence_start";
  private static final String END = "ts_request_sequence_end";

  private SequenceInputs() {}

  /**
   * The place of a message in its sequence; a message that begins one need not name it.
   *
   * @throws ServeException BAD_REQUEST if it names none and begins none
   */
  static Sequence place(PredictionsRequest message) {
    boolean start = flag(message, START);
    String id = message.getSequenceId();
    if (id.isEmpty()) {
      if (!start) {
        throw new ServeException(
            ErrorKind.BAD_REQUEST,
            "Parameter sequenceId is required. sequence_id: \"\" (expected: id of a sequence, or"
                + " the input "
                + START
                + ": true, which begins one)");
      }
      id = "ts-seq-" + UUID.randomUUID();
    }
    return new Sequence(id, start, flag(message, END));
  }

  private static boolean flag(PredictionsRequest message, String name) {
    ByteString value = message.getInputMap().get(name);
    return value != null && value.toStringUtf8().trim().equalsIgnoreCase("true");
  }

  /** The inputs without the flags. */
  static List<InputPart> withoutFlags(List<InputPart> parts) {
    List<InputPart> inputs = new ArrayList<>(parts.size());
    for (InputPart part : parts) {
      if (!part.name().equals(START) && !part.name().equals(END)) {
        inputs.add(part);
      }
    }
    return inputs.isEmpty() ? List.of(new InputPart("body", null, Body.empty())) : inputs;
  }

  /**
   * Headers of a single call, which tell a stateful model the sequence if the message names one.
   */
  static Headers named(PredictionsRequest message, Headers headers) {
    String id = message.getSequenceId();
    if (id.isEmpty()) {
      return headers;
    }
    return consumer -> {
      headers.forEach(consumer);
      consumer.accept(ID, id);
      for (String name : List.of(START, END)) {
        if (flag(message, name)) {
          consumer.accept(name, "true");
        }
      }
    };
  }
}
