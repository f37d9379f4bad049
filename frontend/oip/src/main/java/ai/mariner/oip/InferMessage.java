package ai.mariner.oip;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request for an inference, or the answer to one.
 *
 * @param side which of the two
 * @param id what the client calls the request; absent: nothing
 * @param modelName name of the model; absent in a REST request, whose path has it
 * @param modelVersion version of the model; absent: not said
 * @param parameters what else is said; values are {@link String}, {@link Boolean}, {@link Long},
 *     {@link java.math.BigInteger}, {@link Double}, or lists and maps of those
 * @param tensors the request's inputs or the answer's outputs, in their order
 * @param requested outputs that the request names; none: all
 */
public record InferMessage(
    Side side,
    @Nullable String id,
    @Nullable String modelName,
    @Nullable String modelVersion,
    Map<String, Object> parameters,
    List<Tensor> tensors,
    List<RequestedOutput> requested) {
  /** Asks for all outputs that are not named otherwise as bytes behind the JSON. */
  public static final String BINARY_DATA_OUTPUT = "binary_data_output";

  /** Most tensors of a message, and most outputs that a request may name. */
  public static final int MAX_TENSORS = 1024;

  /** Most entries of an object or array of parameters. */
  public static final int MAX_PARAMETERS = 1024;

  /** Which way a message goes. */
  public enum Side {
    /** From the client to the model. */
    REQUEST("inputs", "input"),
    /** From the model to the client. */
    ANSWER("outputs", "output");

    private final String key;
    private final String noun;

    Side(String key, String noun) {
      this.key = key;
      this.noun = noun;
    }

    /** The JSON key of its tensors. */
    String key() {
      return key;
    }

    /** What one of its tensors is called. */
    String noun() {
      return noun;
    }
  }

  /** The same message about a model by this name and version. */
  public InferMessage of(String name, @Nullable String version) {
    return new InferMessage(side, id, name, version, parameters, tensors, requested);
  }
}
