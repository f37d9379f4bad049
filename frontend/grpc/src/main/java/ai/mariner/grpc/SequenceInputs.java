package ai.mariner.grpc;

import ai.mariner.core.config.SequenceNames;
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

/**
 * Reads what a message says of its sequence: the field with the id, and two inputs for flags.
 *
 * @param names of the inputs, and of the headers that tell the same
 */
record SequenceInputs(SequenceNames names) {

  /**
   * The place of a message in its sequence; a message that begins one need not name it.
   *
   * @throws ServeException BAD_REQUEST if it names none and begins none
   */
  Sequence place(PredictionsRequest message) {
    boolean start = flag(message, names.start());
    String id = message.getSequenceId();
    if (id.isEmpty()) {
      if (!start) {
        throw new ServeException(
            ErrorKind.BAD_REQUEST,
            "Parameter sequenceId is required. sequence_id: \"\" (expected: id of a sequence, or"
                + " the input "
                + names.start()
                + ": true, which begins one)");
      }
      id = "ts-seq-" + UUID.randomUUID();
    }
    return new Sequence(id, start, flag(message, names.end()));
  }

  private static boolean flag(PredictionsRequest message, String name) {
    ByteString value = message.getInputMap().get(name);
    return value != null && value.toStringUtf8().trim().equalsIgnoreCase("true");
  }

  /** The inputs without the flags. */
  List<InputPart> withoutFlags(List<InputPart> parts) {
    List<InputPart> inputs = new ArrayList<>(parts.size());
    for (InputPart part : parts) {
      if (!part.name().equals(names.start()) && !part.name().equals(names.end())) {
        inputs.add(part);
      }
    }
    return inputs.isEmpty() ? List.of(new InputPart("body", null, Body.empty())) : inputs;
  }

  /**
   * Headers of a single call, which tell a stateful model the sequence if the message names one.
   */
  Headers named(PredictionsRequest message, Headers headers) {
    String id = message.getSequenceId();
    if (id.isEmpty()) {
      return headers;
    }
    return consumer -> {
      headers.forEach(consumer);
      consumer.accept(names.id(), id);
      for (String name : List.of(names.start(), names.end())) {
        if (flag(message, name)) {
          consumer.accept(name, "true");
        }
      }
    };
  }
}
