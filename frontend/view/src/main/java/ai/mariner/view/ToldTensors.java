package ai.mariner.view;

import ai.mariner.core.message.Datatype;
import ai.mariner.core.message.Signature;
import ai.mariner.core.message.TensorSpec;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tensors that a worker has read from its model's file or its handler's type hints. Where it does
 * not say that they bind, they are only shown: such a model may take more than its file says.
 */
public final class ToldTensors {
  private ToldTensors() {}

  /**
   * What is shown of a model's tensors: what its archive declares, else what its file says.
   *
   * @param declared by the archive; absent: nothing
   * @param declares what a worker says of its model; absent: nothing
   * @return {@code null}: neither says anything
   */
  public static @Nullable Signature of(@Nullable Signature declared, @Nullable String declares) {
    return declared == null ? read(declares) : declared;
  }

  /**
   * Reads what a worker says of its model.
   *
   * @param declares JSON object; absent: nothing
   * @return {@code null}: nothing of tensors
   */
  public static @Nullable Signature read(@Nullable String declares) {
    JsonNode root =
        declares == null ? null : JsonText.objectOrNull(declares.getBytes(StandardCharsets.UTF_8));
    JsonNode tensors = root == null ? null : root.get("tensors");
    if (tensors == null) {
      return null;
    }
    boolean batches = tensors.path("batches").asBoolean(true);
    boolean shownOnly = !tensors.path("binding").asBoolean(false);
    return new Signature(
        specs(tensors.path("inputs")), specs(tensors.path("outputs")), batches, shownOnly);
  }

  private static List<TensorSpec> specs(JsonNode entries) {
    List<TensorSpec> found = new ArrayList<>();
    for (JsonNode entry : entries) {
      Datatype datatype = Datatype.named(entry.path("datatype").asText());
      if (datatype != null) {
        List<Long> shape = new ArrayList<>();
        entry.path("shape").forEach(dim -> shape.add(dim.asLong()));
        boolean optional = entry.path("optional").asBoolean(false);
        found.add(new TensorSpec(entry.path("name").asText(), datatype, shape, optional));
      }
    }
    return found;
  }
}
